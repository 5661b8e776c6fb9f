package dev.tomte.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tomte.agent.criu.CriuTool;
import dev.tomte.agent.move.Outcomes;
import dev.tomte.agent.pod.TestHost;
import dev.tomte.contracts.Outcome;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Request.Launch;
import dev.tomte.contracts.Request.Launch.Begins;
import dev.tomte.stub.Register;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A real register in a real stub; only the fences are the test's. */
@Timeout(60)
final class CommitPointTest {
    private static final Duration LONG = Duration.ofSeconds(50);

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final CountDownLatch closed = new CountDownLatch(1);
    private TestHost host;
    private HomeProcess process;
    private Register first;

    @BeforeEach
    void up() throws Exception {
        assumeTrue(Files.isExecutable(TestHost.tools().resolve("stub")), "no stub in " + TestHost.tools());
        host = new TestHost("ws1");
        Launch launch = new Launch("test", List.of("true"), Map.of(), "/home/tomte", 1000, false, Begins.AWAY);
        process = new HomeProcess(site(), host.pods().makeHome("p-test", launch), (ended, last) -> {});
        process.open();
        // it waits to begin elsewhere: all that there is of it is the register
        Starting.start("ws1", process);
        first = process.register();
    }

    @AfterEach
    void down() throws IOException {
        closed.countDown();
        if (process != null) process.stub().close();
        if (host != null) host.close();
        threads.shutdownNow();
    }

    private Site site() throws IOException {
        // a decision asks nobody but the holder that leaves, which is this host
        Neighbours none = (Neighbours) Proxy.newProxyInstance(
                Neighbours.class.getClassLoader(), new Class<?>[] {Neighbours.class}, (proxy, method, arguments) -> {
                    throw new IOException("nobody is there");
                });
        Site.Fences fences = new Site.Fences() {
            @Override
            public void decided(String process, String incarnation, long epoch, String holder) {
                closing.countDown();
                try {
                    closed.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }

            @Override
            public void ended(String process, String incarnation) {}
        };
        Site.Statuses statuses = new Site.Statuses() {
            @Override
            public void publish(ProcessStatus status, Duration patience) {}

            @Override
            public void forget(String process) {}
        };
        Outcomes outcomes = new Outcomes() {
            @Override
            public void publish(Outcome outcome) {}

            @Override
            public void keep(Outcome end) {}
        };
        CriuTool criu = new CriuTool(TestHost.tools(), host.host().run().resolve("criu"));
        return new Site("ws1", host.pods(), criu, none, fences, statuses, outcomes, threads);
    }

    private interface Asking {
        Register ask() throws Exception;
    }

    /** Somebody who asks, and the thread. */
    private record Asked(Thread thread, FutureTask<Register> answer) {
        static Asked of(Asking asking) {
            FutureTask<Register> answer = new FutureTask<>(asking::ask);
            return new Asked(Thread.ofPlatform().daemon().start(answer), answer);
        }

        void await(Thread.State state) throws InterruptedException {
            while (thread.getState() != state) Thread.sleep(1);
        }
    }

    private Asked decides() {
        return Asked.of(() -> process.commitPoint().compareAndSet(first, "ws2"));
    }

    @Test
    void nobodyReadsADecisionBeforeTheLosersSessionsAreClosed() throws Exception {
        Asked decides = decides();
        closing.await();
        assertEquals(first.passedTo("ws2"), process.register());
        Asked waits = Asked.of(() -> process.commitPoint().awaitDecision(first.epoch(), LONG));
        Asked reads = Asked.of(() -> process.commitPoint().read());
        waits.await(Thread.State.BLOCKED);
        reads.await(Thread.State.BLOCKED);
        closed.countDown();
        for (Asked one : List.of(decides, waits, reads))
            assertEquals(first.passedTo("ws2"), one.answer().get());
    }

    @Test
    void whoWaitsHearsOfADecision() throws Exception {
        closed.countDown();
        assertEquals(first, process.commitPoint().awaitDecision(first.epoch(), Duration.ZERO));
        Asked waits = Asked.of(() -> process.commitPoint().awaitDecision(first.epoch(), LONG));
        waits.await(Thread.State.TIMED_WAITING);
        assertEquals(first.passedTo("ws2"), decides().answer().get());
        assertEquals(first.passedTo("ws2"), waits.answer().get());
    }
}

package dev.tomte.stub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.linux.Errno;
import dev.tomte.linux.Pipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class HomeStubTest {
    private static final Map<String, String> ENVIRONMENT = Map.of("PATH", "/usr/bin:/bin", "GREETING", "hello");

    @TempDir
    Path directory;

    private final BlockingQueue<StubEvent> events = new LinkedBlockingQueue<>();
    private Pod pod;
    private StubConnection stub;

    @BeforeEach
    void begin() throws Exception {
        pod = Pod.start(directory, StubKind.HOME);
        stub = pod.connect(events::add);
    }

    @AfterEach
    void finish() throws Exception {
        pod.close();
    }

    private Exit awaitExit() throws InterruptedException {
        StubEvent event = events.poll(20, TimeUnit.SECONDS);
        return assertInstanceOf(StubEvent.Exited.class, event).exit();
    }

    private Exit run(String... argv) throws Exception {
        stub.subscribe();
        try (Started started = stub.start(new ProcessStart(List.of(argv), ENVIRONMENT, "/tmp"))) {
            assertTrue(started.pid() > 1);
        }
        stub.go();
        return awaitExit();
    }

    private static void refused(int errno, Executable call) {
        assertEquals(errno, assertThrows(Errno.class, call).code());
    }

    @Test
    void theProcessWaitsUntilItIsPlacedAndTheStubUntilItsExitIsKnown() throws Exception {
        stub.subscribe();
        ProcessStart start = new ProcessStart(
                List.of("sh", "-c", "echo $GREETING; pwd; cat; echo bad >&2; exit 7"), ENVIRONMENT, "/tmp");
        try (Started started = stub.start(start)) {
            assertEquals(Phase.HELD, stub.state().phase());
            Path status = Path.of("/proc/" + started.hostPid() + "/status");
            assertTrue(Files.readString(status).contains("Name:\tstub"));
            refused(Errno.EBUSY, () -> stub.start(start));
            try (Started again = stub.root()) {
                assertEquals(started.hostPid(), again.hostPid());
            }
        }
        stub.go();
        Exit exit = awaitExit();
        assertEquals(7, exit.code());
        stub.close();

        StubConnection next = pod.connect(events::add);
        assertEquals(Phase.EXITED, next.state().phase());
        assertEquals(Optional.of(exit), next.exit());
        events.clear();
        next.subscribe();
        assertEquals(exit, awaitExit());
        assertFalse(pod.ended());
        next.acknowledge(exit);
        assertEquals(7, pod.awaitEnd());
        assertEquals("hello\n/tmp\n", pod.out());
        assertEquals("bad\n", pod.err());
    }

    @Test
    void howManyFilesTheProcessMayHaveOpenIsNoLimitOfTheStub(@TempDir Path other) throws Exception {
        List<String> few = List.of("prlimit", "--nofile=40:4000");
        try (Pod limited = Pod.start(other, StubKind.HOME, 1000, few);
                Pipe pipe = Pipe.create()) {
            StubConnection there = limited.connect(events::add);
            for (int kept = 0; kept < 200; kept++) there.keep("file-" + kept, List.of(pipe.read()));
            there.subscribe();
            there.start(new ProcessStart(List.of("sh", "-c", "ulimit -S -n; ulimit -H -n"), ENVIRONMENT, "/tmp"))
                    .close();
            there.go();
            there.acknowledge(awaitExit());
            assertEquals(0, limited.awaitEnd());
            assertEquals("40\n4000\n", limited.out());
        }
    }

    @Test
    void aProgramThatIsNotThereEndsAsInAShell() throws Exception {
        Exit exit = run("no-such-program");
        assertEquals(127, exit.code());
        stub.acknowledge(exit);
        assertEquals(127, pod.awaitEnd());
        assertEquals("tomte: no-such-program: No such file or directory\n", pod.err());
    }

    @Test
    void aProgramThatCannotBeExecutedEndsAsInAShell() throws Exception {
        Exit exit = run("/etc/passwd");
        assertEquals(126, exit.code());
    }

    @Test
    void aKilledProcessEndsThePodWithItsSignal() throws Exception {
        Exit exit = run("sh", "-c", "kill -9 $$");
        assertEquals(9, exit.signal());
        stub.acknowledge(exit);
        assertEquals(137, pod.awaitEnd());
    }

    @Test
    void allOutputArrivesBeforeTheEnd() throws Exception {
        Exit exit = run("sh", "-c", "i=0; while [ $i -lt 40000 ]; do echo line $i; i=$((i+1)); done");
        stub.acknowledge(exit);
        assertEquals(0, pod.awaitEnd());
        List<String> lines = pod.out().lines().toList();
        assertEquals(40000, lines.size());
        for (int i = 0; i < lines.size(); i++) assertEquals("line " + i, lines.get(i));
    }

    @Test
    void theProcessCannotHarmTheStub() throws Exception {
        triesInVain();
    }

    @Test
    void norCanRoot() throws Exception {
        pod.close();
        assertInstanceOf(StubEvent.Closed.class, events.poll(20, TimeUnit.SECONDS));
        Files.delete(pod.socket());
        pod = Pod.start(directory, StubKind.HOME, 0);
        stub = pod.connect(events::add);
        triesInVain();
    }

    private void triesInVain() throws Exception {
        Exit exit = run(pod.program("probe").toString(), pod.socket().toString());
        assertEquals(7, exit.code(), pod.out() + pod.err());
        stub.acknowledge(exit);
        assertEquals(7, pod.awaitEnd());
        assertEquals("""
                descriptors 0
                blocked 0
                session 1
                connect closed
                io_uring ENOSYS
                prlimit EPERM
                prlimit-read done
                prlimit-self done
                affinity EPERM
                scheduler EPERM
                priority EPERM
                priority-self done
                ptrace EPERM
                memory EACCES
                root EACCES
                x32 ENOSYS
                """, pod.out());
    }

    @Test
    void theFirstOfTwoSwapsWins() throws Exception {
        assertEquals(Optional.empty(), stub.register());
        Register first = new Register("pod-1", 1, "ws1");
        assertEquals(new Swap(true, first), stub.setFirst("pod-1", "ws1"));
        assertEquals(new Swap(false, first), stub.setFirst("pod-2", "ws2"));
        Register second = first.passedTo("ws2");
        assertEquals(new Swap(true, second), stub.compareAndSet(first, second));
        assertEquals(new Swap(false, second), stub.compareAndSet(first, first.passedTo("ws1")));
        refused(Errno.EINVAL, () -> stub.compareAndSet(second, new Register("pod-1", 5, "ws3")));
        refused(Errno.EINVAL, () -> stub.compareAndSet(second, new Register("pod-2", 3, "ws3")));
        assertEquals(Optional.of(second), pod.connect().register());
    }

    @Test
    void outputFromAwayIsWrittenOnceAndAfterWhatWasWrittenHere() throws Exception {
        stub.subscribe();
        Register first = stub.setFirst("pod-1", "ws1").register();
        stub.start(new ProcessStart(List.of("sh", "-c", "echo here; exec sleep 1000"), ENVIRONMENT, "/"))
                .close();
        stub.go();
        try (Started root = stub.root();
                Streams streams = stub.streams()) {
            assertTrue(streams.out().read().isOpen());
            while (stub.streams().consumed(StandardStream.OUT) < 5) Thread.onSpinWait();
            stub.forget();
            refused(Errno.ESTALE, () -> stub.out(StandardStream.OUT, 2, 0, "x".getBytes(UTF_8)));
            stub.compareAndSet(first, first.passedTo("ws2"));
            ProcessHandle.of(root.hostPid()).orElseThrow().destroyForcibly();
        }
        assertEquals(3, stub.out(StandardStream.OUT, 2, 0, "abc".getBytes(UTF_8)));
        assertEquals(3, stub.out(StandardStream.OUT, 2, 0, "abc".getBytes(UTF_8)));
        assertEquals(5, stub.out(StandardStream.OUT, 2, 1, "bcde".getBytes(UTF_8)));
        refused(Errno.ERANGE, () -> stub.out(StandardStream.OUT, 2, 6, "g".getBytes(UTF_8)));
        refused(Errno.ESTALE, () -> stub.out(StandardStream.OUT, 1, 0, "old".getBytes(UTF_8)));
        assertEquals(5, stub.outAt(StandardStream.OUT, 2));
        assertEquals(0, stub.outAt(StandardStream.OUT, 3));
        assertEquals(0, stub.outAt(StandardStream.ERR, 2));
        assertEquals(Phase.AWAY, stub.state().phase());
        assertEquals(Optional.empty(), stub.exit());
        stub.finish(3 << 8);
        assertEquals(3, pod.awaitEnd());
        assertEquals("here\nabcde", pod.out());
    }

    @Test
    void aTreeComesBackToNewPipes() throws Exception {
        stub.subscribe();
        stub.start(new ProcessStart(List.of("sleep", "1000"), ENVIRONMENT, "/")).close();
        stub.go();
        refused(Errno.EBUSY, stub::resetStreams);
        int left = stub.state().rootPid();
        stub.forget();
        pod.shell("kill -9 " + left);
        stub.resetStreams();
        int back = Integer.parseInt(pod.shell("(sleep 1000; exit 1) >/dev/null 2>&1 & echo $!"));
        stub.adopt(back);
        stub.adopt(back);
        refused(Errno.EBUSY, () -> stub.adopt(back + 1));
        refused(Errno.EBUSY, () -> stub.finish(0));
        pod.shell("kill -15 " + back);
        Exit exit = awaitExit();
        assertEquals(new Exit(back, 15), exit);
        stub.acknowledge(exit);
        assertEquals(143, pod.awaitEnd());
    }

    @Test
    void aSignalThatEndsThePodIsAnEvent() throws Exception {
        stub.subscribe();
        ProcessHandle.of(pod.stubPid()).orElseThrow().destroy();
        assertEquals(new StubEvent.Terminate(15, false), events.poll(20, TimeUnit.SECONDS));
        assertEquals(1, stub.state().terminations());
        refused(Errno.EPERM, stub::end);
        stub.finish(15);
        assertEquals(143, pod.awaitEnd());
        assertEquals(new StubEvent.Closed(), events.poll(20, TimeUnit.SECONDS));
        assertThrows(IOException.class, stub::state);
    }
}

package dev.tomte.idle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.contracts.Availability.State;
import dev.tomte.contracts.Cause;
import dev.tomte.idle.policy.IdlePolicy;
import dev.tomte.idle.policy.IdleSettings;
import dev.tomte.idle.policy.Profile;
import dev.tomte.linux.Errno;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole detector, with its threads, on a host whose owner the test plays. */
@Timeout(120)
class IdleDetectorTest {
    @TempDir
    Path directory;

    private final BlockingQueue<HostAvailability> told = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> returns = new LinkedBlockingQueue<>();

    /** Nothing is stale, and no state too short to be told, however slow the machine is on which this runs. */
    private static IdlePolicy quick() {
        return new IdlePolicy(
                Profile.WORKSTATION,
                IdleSettings.standard(Profile.WORKSTATION, 2)
                        .with(Map.of(
                                "input-quiet", "3s",
                                "input-busy", "1s",
                                "strain-quiet", "0s",
                                "hold-shortest", "100ms",
                                "hold-longest", "200ms",
                                "stale", "10min")));
    }

    @BeforeEach
    void idleHost() throws Exception {
        Files.createDirectory(directory.resolve("cgroup"));
        Files.writeString(directory.resolve("cgroup/cpu.stat"), "usage_usec 1000\n");
        Files.writeString(directory.resolve("cgroup/cgroup.procs"), "");
    }

    private Watched watched() {
        return Watched.played(owner(), directory.resolve("cgroup"), 2, List::of);
    }

    private PlayedOwner owner() {
        return new PlayedOwner(directory.resolve("owner"));
    }

    private HostAvailability await(Predicate<HostAvailability> wanted) throws InterruptedException {
        HostAvailability next;
        do {
            next = told.poll(60, TimeUnit.SECONDS);
            assertNotNull(next, "nothing more is told");
        } while (!wanted.test(next));
        return next;
    }

    @Test
    void theOwnersKeyIsToldToTheAgentFirstAndThenToAll() throws Exception {
        owner().prepare().prepare();
        try (IdleDetector detector = IdleDetector.start(watched(), IdleDetectorTest::quick, returns::add, told::add)) {
            HostAvailability free = await(each -> each.state() == State.AVAILABLE);
            assertEquals(Cause.NONE, free.cause());
            assertEquals(2, free.freeCores(), 1e-9);
            assertTrue(free.freeMemory() > 0);
            assertTrue(free.inputIdle().isEmpty());
            for (int round = 0; round < 2; round++) {
                owner().pressKey();
                assertTrue(String.valueOf(returns.poll(60, TimeUnit.SECONDS)).startsWith("keyboard"));
                HostAvailability taken = await(each -> each.cause() == Cause.OWNER);
                assertEquals(State.UNAVAILABLE, taken.state());
                await(each -> each.state() == State.AVAILABLE);
                assertTrue(returns.isEmpty());
            }
            owner().typeAtTerminal();
            assertTrue(String.valueOf(returns.poll(60, TimeUnit.SECONDS)).startsWith("terminal"));
            assertTrue(detector.current().inputIdle().isPresent());
        }
        assertEquals(6, assertThrows(Errno.class, () -> owner().pressKey()).code());
    }

    @Test
    void aListenerThatHangsOrThrowsAndAnAgentThatThrowsDelayNobody() throws Exception {
        owner().prepare();
        BlockingQueue<String> release = new LinkedBlockingQueue<>();
        AvailabilityListener hangs = availability -> {
            try {
                release.take();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            throw new IllegalStateException("the listener throws, as it should here");
        };
        OwnerReturned throwing = why -> {
            returns.add(why);
            throw new IllegalStateException("the agent throws, as it should here");
        };
        try (IdleDetector detector = IdleDetector.start(watched(), IdleDetectorTest::quick, throwing, hangs)) {
            for (int round = 0; round < 2; round++) {
                while (detector.current().state() != State.AVAILABLE) Thread.sleep(5);
                owner().pressKey();
                assertNotNull(returns.poll(60, TimeUnit.SECONDS));
            }
            for (int i = 0; i < 100; i++) release.add("go on");
        }
    }

    @Test
    void aHostWithoutInputIsNeverIdle() throws Exception {
        try (IdleDetector detector = IdleDetector.start(watched(), IdleDetectorTest::quick, returns::add, told::add)) {
            HostAvailability unknown = await(each -> each.why().contains("nothing tells whether the owner is at it"));
            assertEquals(State.UNKNOWN, unknown.state());
            assertEquals(State.UNKNOWN, detector.current().state());
        }
        assertTrue(returns.isEmpty());
    }

    @Test
    void anotherPolicyCountsFromTheNextJudgement() throws Exception {
        AtomicReference<IdlePolicy> policy = new AtomicReference<>(quick());
        try (IdleDetector detector = IdleDetector.start(watched(), policy::get, returns::add, told::add)) {
            await(each -> each.state() == State.UNKNOWN && each.why().contains("at it"));
            policy.set(new IdlePolicy(Profile.SERVER, quick().settings()));
            await(each -> each.state() == State.AVAILABLE);
            policy.set(quick());
            await(each -> each.state() == State.UNKNOWN);
            assertEquals(State.UNKNOWN, detector.current().state());
        }
    }
}

package dev.tomte.stub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tomte.linux.Cgroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A tree moves between a home pod and a guest pod by the commands of criu/README.md; no stub has any privilege. */
@Timeout(120)
class MoveTest {
    private static final String COUNT = "i=0; trap 'exit 5' TERM; while :; do i=$((i+1)); echo $i; sleep 0.01; done";

    @TempDir
    Path directory;

    private final List<AutoCloseable> made = new ArrayList<>();
    private Cgroup all;
    private Path memory;
    private Side home;
    private Side guest;

    @BeforeEach
    void begin() throws Exception {
        assumeTrue(Files.isExecutable(Side.CRIU), "no " + Side.CRIU + " (criu/build.sh)");
        all = new Cgroup(Cgroup.mount()
                        .resolve("tomte-stub-test-" + ProcessHandle.current().pid()))
                .create();
        made.add(() -> all.remove(Side.PATIENCE));
        memory = Files.createTempDirectory(Path.of("/dev/shm"), "tomte-images");
        made.add(this::removeImages);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
        home = side(StubKind.HOME);
        guest = side(StubKind.GUEST);
    }

    private Side side(StubKind kind) throws Exception {
        Cgroup cgroup = all.child(kind.name()).create();
        Pod pod = Pod.start(Files.createDirectory(directory.resolve(kind.name())), kind);
        made.add(pod);
        return new Side(
                pod,
                pod.connect(),
                cgroup.child("tree").create(),
                cgroup.child("restoring").create(),
                memory);
    }

    @AfterEach
    void finish() throws Exception {
        for (AutoCloseable each : made.reversed()) each.close();
    }

    private void removeImages() throws IOException {
        try (Stream<Path> below = Files.walk(memory)) {
            for (Path each : below.sorted(Comparator.reverseOrder()).toList()) Files.delete(each);
        }
    }

    private int startCounting() throws Exception {
        Map<String, String> environment = Map.of("PATH", "/usr/bin:/bin");
        ProcessStart start = new ProcessStart(List.of("sh", "-c", COUNT), environment, "/");
        try (Started started = home.stub().start(start)) {
            home.tree().add(started.hostPid());
            home.stub().go();
            awaitLines(5);
            return started.pid();
        }
    }

    private long lines() throws IOException {
        return home.pod().out().lines().count();
    }

    private void awaitLines(long count) throws Exception {
        while (lines() < count) Thread.sleep(5);
    }

    /** Sends home what the guest has written and not sent yet; answers the offset reached. */
    private long relay(long epoch, long sent) throws IOException {
        long reached = home.stub().out(StandardStream.OUT, epoch, sent, guest.unread());
        assertEquals(reached, guest.stub().consume(StandardStream.OUT, reached));
        return reached;
    }

    private void assertNothingLostOrDoubled() throws IOException {
        List<String> lines = home.pod().out().lines().toList();
        for (int i = 0; i < lines.size(); i++) assertEquals("" + (i + 1), lines.get(i));
        assertEquals("", home.pod().err());
    }

    /** Moves the tree from home to the guest, commits, and lets it run until it has written some lines there. */
    private long moveAway(int root) throws Exception {
        Register first = home.stub().setFirst("pod", "ws1").register();
        Path images = memory.resolve("away");
        home.dump(root, images);
        guest.settle(guest.restore(home, images), root, images);
        assertEquals(0, guest.unread().length);
        assertTrue(home.stub().compareAndSet(first, first.passedTo("ws2")).swapped());
        home.stub().forget();
        home.tree().kill();
        guest.tree().thaw();
        long sent = 0;
        for (long until = lines() + 20; lines() < until; Thread.sleep(2)) sent = relay(2, sent);
        return sent;
    }

    @Test
    void aTreeEndsElsewhereAsIfItHadEndedAtHome() throws Exception {
        int root = startCounting();
        long sent = moveAway(root);
        try (Started there = guest.stub().root()) {
            assertEquals(root, there.pid());
            String script = "grep -E 'CapEff|NoNewPrivs|Seccomp:' /proc/" + root + "/status | tr -d '\\t'";
            assertEquals(
                    "CapEff:0000000000000000\nNoNewPrivs:1\nSeccomp:2",
                    guest.pod().shell(script));
            ProcessHandle.of(there.hostPid()).orElseThrow().destroy();
        }
        while (guest.stub().exit().isEmpty()) Thread.sleep(2);
        Exit exit = guest.stub().exit().orElseThrow();
        assertEquals(5, exit.code());
        relay(2, sent);
        home.stub().finish(exit.status());
        guest.stub().acknowledge(exit);
        assertEquals(5, home.pod().awaitEnd());
        assertNothingLostOrDoubled();
    }

    @Test
    void aTreeComesHome() throws Exception {
        int root = startCounting();
        long sent = moveAway(root);

        Path images = memory.resolve("back");
        guest.dump(root, images);
        assertTrue(home.tree().awaitEmpty(Side.PATIENCE));
        home.stub().resetStreams();
        home.settle(home.restore(guest, images), root, images);
        relay(2, sent);
        Register second = home.stub().register().orElseThrow();
        assertTrue(home.stub().compareAndSet(second, second.passedTo("ws1")).swapped());
        guest.stub().forget();
        guest.tree().kill();
        home.tree().thaw();
        guest.stub().end();
        assertEquals(0, guest.pod().awaitEnd());

        awaitLines(lines() + 20);
        try (Started here = home.stub().root()) {
            assertEquals(root, here.pid());
            ProcessHandle.of(here.hostPid()).orElseThrow().destroy();
        }
        while (home.stub().exit().isEmpty()) Thread.sleep(2);
        home.stub().acknowledge(home.stub().exit().orElseThrow());
        assertEquals(5, home.pod().awaitEnd());
        assertNothingLostOrDoubled();
    }

    @Test
    void theEndOfWhoDecidesLeavesNoTarget() throws Exception {
        Path images = memory.resolve("away");
        home.dump(startCounting(), images);
        Side.Held held = guest.restore(home, images);
        assertFalse(guest.tasks(held).isEmpty());
        held.decision().close();
        assertNotEquals(0, held.enter().onExit().get().exitValue());
        assertNothingIsLeftAndHomeGoesOn();
    }

    @Test
    void theEndOfCriuLeavesNoTarget() throws Exception {
        Path images = memory.resolve("away");
        home.dump(startCounting(), images);
        Side.Held held = guest.restore(home, images);
        held.enter().children().forEach(ProcessHandle::destroyForcibly);
        assertEquals(137, held.enter().onExit().get().exitValue());
        held.decision().close();
        assertNothingIsLeftAndHomeGoesOn();
    }

    private void assertNothingIsLeftAndHomeGoesOn() throws Exception {
        assertTrue(guest.restoring().awaitEmpty(Side.PATIENCE));
        assertEquals(0, guest.unread().length);
        home.tree().thaw();
        awaitLines(lines() + 5);
    }
}

package dev.tomte.stub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tomte.linux.Cgroup;
import dev.tomte.linux.Pipe;
import dev.tomte.linux.UnixSocket;
import dev.tomte.linux.Vfork;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
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

/** A tree moves from a home pod to a guest pod by the commands of criu/README.md; neither stub has any privilege. */
@Timeout(120)
class MoveTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Path CRIU =
            Path.of(System.getenv().getOrDefault("TOMTE_TOOLS", "/var/lib/tomte/tools"), "criu");
    private static final String COUNT = "i=0; trap 'exit 5' TERM; while :; do i=$((i+1)); echo $i; sleep 0.01; done";

    @TempDir
    Path directory;

    private final List<AutoCloseable> made = new ArrayList<>();
    private Pod home;
    private Pod guest;
    private Cgroup homeTree;
    private Cgroup guestTree;
    private Cgroup restoring;
    private Path images;
    private StubConnection homeStub;
    private StubConnection guestStub;

    @BeforeEach
    void begin() throws Exception {
        assumeTrue(Files.isExecutable(CRIU), "no " + CRIU + " (criu/build.sh)");
        Cgroup all = new Cgroup(Cgroup.mount()
                        .resolve("tomte-stub-test-" + ProcessHandle.current().pid()))
                .create();
        made.add(() -> all.remove(PATIENCE));
        homeTree = all.child("home").create();
        guestTree = all.child("guest").create();
        restoring = all.child("restoring").create();
        images = Files.createTempDirectory(Path.of("/dev/shm"), "tomte-images");
        made.add(this::removeImages);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
        home = Pod.start(Files.createDirectory(directory.resolve("home")), StubKind.HOME);
        made.add(home);
        guest = Pod.start(Files.createDirectory(directory.resolve("guest")), StubKind.GUEST);
        made.add(guest);
        homeStub = home.connect();
        guestStub = guest.connect();
    }

    @AfterEach
    void finish() throws Exception {
        for (AutoCloseable each : made.reversed()) each.close();
    }

    private void removeImages() throws IOException {
        try (Stream<Path> all = Files.walk(images)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) Files.delete(each);
        }
    }

    private int startCounting() throws Exception {
        Map<String, String> environment = Map.of("PATH", "/usr/bin:/bin");
        ProcessStart start = new ProcessStart(List.of("sh", "-c", COUNT), environment, "/");
        try (Started started = homeStub.start(start)) {
            homeTree.add(started.hostPid());
            homeStub.go();
            while (home.out().lines().count() < 5) Thread.sleep(5);
            return started.pid();
        }
    }

    private void freeze() throws Exception {
        homeTree.freeze();
        assertTrue(homeTree.awaitFrozen(true, PATIENCE));
        for (int pid : homeTree.processes()) {
            if (!Vfork.waits(pid)) continue;
            homeTree.thaw();
            Thread.sleep(1);
            freeze();
            return;
        }
    }

    private void dump(int root) throws Exception {
        freeze();
        List<String> options = List.of("--open", "10:" + images, "--open", "11:" + homeTree.directory());
        List<String> command = new ArrayList<>(List.of(CRIU.toString(), "dump", "-t", "" + root));
        command.addAll(List.of("-D", "/proc/self/fd/10", "-o", "dump.log", "-v2", "--file-locks", "--link-remap"));
        command.addAll(List.of("--ghost-limit", "64M", "--manage-cgroups=ignore", "--network-lock", "skip"));
        command.addAll(List.of("--freeze-cgroup", "/proc/self/fd/11", "--leave-running"));
        int code = Enter.await(Enter.start(home, directory.resolve("criu.log"), options, command));
        assertEquals(0, code, () -> log("dump.log"));
        assertTrue(homeTree.isFrozen());
    }

    private Process restore(UnixSocket.Pair hold) throws Exception {
        try (Streams from = homeStub.streams();
                Streams to = guestStub.streams()) {
            List<String> options = new ArrayList<>(List.of("--last-pid", "30000", "--open", "10:" + images));
            options.addAll(List.of("--cgroup", restoring.directory().toString()));
            List<String> command = new ArrayList<>(List.of(CRIU.toString(), "restore", "--restore-detached"));
            command.addAll(List.of("-D", "/proc/self/fd/10", "-o", "restore.log", "-v2", "--file-locks"));
            command.addAll(List.of("--link-remap", "--manage-cgroups=ignore", "--network-lock", "skip"));
            command.addAll(List.of("--hold-fd", "12"));
            options.addAll(List.of("--fd", hold.other().fd().value() + ":12"));
            int number = 100;
            for (StandardStream stream : StandardStream.values()) {
                options.addAll(List.of("--fd", to.pipe(stream).write().value() + ":" + number));
                String pipe = "pipe:[" + from.pipe(stream).inode() + "]";
                command.addAll(List.of("--inherit-fd", "fd[" + number++ + "]:" + pipe));
            }
            Process restore = Enter.start(guest, directory.resolve("criu.log"), options, command);
            made.add(restore::destroyForcibly);
            hold.one().receiveTimeout(PATIENCE);
            // waits for the byte; by then enter has taken its descriptors
            UnixSocket.Message held = hold.one().receive(16).orElseThrow(() -> new AssertionError(log("restore.log")));
            assertArrayEquals(new byte[] {'h'}, held.bytes());
            hold.other().close();
            return restore;
        }
    }

    private String log(String name) {
        try {
            Path log = images.resolve(name);
            return (Files.exists(log) ? Files.readString(log) : "") + Files.readString(directory.resolve("criu.log"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** The restored tasks: all in the cgroup but enter and criu. */
    private List<Integer> heldTasks(Process enter) throws IOException {
        List<Long> criu = Stream.concat(
                        Stream.of(enter.pid()), enter.toHandle().children().map(ProcessHandle::pid))
                .toList();
        return restoring.processes().stream()
                .filter(pid -> !criu.contains((long) pid))
                .toList();
    }

    @Test
    void aTreeIsHeldFrozenUntilItMayRunElsewhere() throws Exception {
        int root = startCounting();
        Register first = homeStub.setFirst("pod", "ws1").register();
        dump(root);
        guestTree.freeze();
        UnixSocket.Pair hold = UnixSocket.pair();
        Process restore = restore(hold);
        List<Integer> held = heldTasks(restore);
        assertTrue(!held.isEmpty() && held.size() <= 2, held.toString());
        for (int task : held) guestTree.add(task);
        hold.one().send(new byte[] {'y'}, List.of());
        assertEquals(0, Enter.await(restore), () -> log("restore.log"));
        hold.one().close();
        guestStub.adopt(root);
        assertTrue(guestTree.awaitFrozen(true, PATIENCE));
        assertEquals(held, guestTree.processes());
        try (Streams streams = guestStub.streams();
                Pipe copy = Pipe.create()) {
            assertEquals(0, Pipe.tee(streams.out().read(), copy.write(), 65536));

            homeStub.compareAndSet(first, first.passedTo("ws2"));
            homeStub.forget();
            homeTree.kill();
            guestTree.thaw();
            long sent = 0;
            while (home.out().lines().count() < 50) {
                int seen = Pipe.tee(streams.out().read(), copy.write(), 4096);
                byte[] bytes = new FileInputStream(copy.read().path()).readNBytes(seen);
                sent = homeStub.out(StandardStream.OUT, 2, sent, bytes);
                assertEquals(sent, guestStub.consume(StandardStream.OUT, sent));
                Thread.sleep(2);
            }
            try (Started there = guestStub.root()) {
                assertEquals(root, there.pid());
                assertTrue(
                        guest.shell("grep -E 'CapEff|NoNewPrivs|Seccomp:|Uid' /proc/" + root + "/status | tr -d '\\t'")
                                .contains("CapEff:0000000000000000\nNoNewPrivs:1\nSeccomp:2"));
                ProcessHandle.of(there.hostPid()).orElseThrow().destroy();
            }
            while (guestStub.exit().isEmpty()) Thread.sleep(2);
            Exit exit = guestStub.exit().orElseThrow();
            assertEquals(5, exit.code());
            int rest = Pipe.tee(streams.out().read(), copy.write(), 65536);
            if (rest > 0)
                homeStub.out(
                        StandardStream.OUT,
                        2,
                        sent,
                        new FileInputStream(copy.read().path()).readNBytes(rest));
            homeStub.finish(exit.status());
            guestStub.acknowledge(exit);
        }
        assertEquals(5, home.awaitEnd());
        List<String> lines = home.out().lines().toList();
        for (int i = 0; i < lines.size(); i++) assertEquals("" + (i + 1), lines.get(i));
        assertEquals("", home.err());
    }

    @Test
    void theEndOfWhoDecidesLeavesNoTarget() throws Exception {
        dump(startCounting());
        UnixSocket.Pair hold = UnixSocket.pair();
        Process restore = restore(hold);
        assertTrue(!heldTasks(restore).isEmpty());
        hold.one().close();
        assertNotEquals(0, Enter.await(restore));
        assertTrue(restoring.awaitEmpty(PATIENCE));
        assertEquals(0, readable(guestStub));
    }

    @Test
    void theEndOfCriuLeavesNoTarget() throws Exception {
        dump(startCounting());
        UnixSocket.Pair hold = UnixSocket.pair();
        Process restore = restore(hold);
        restore.children().forEach(ProcessHandle::destroyForcibly);
        assertEquals(137, Enter.await(restore));
        hold.one().close();
        assertTrue(restoring.awaitEmpty(PATIENCE));
        assertEquals(0, readable(guestStub));

        homeTree.thaw();
        long before = home.out().lines().count();
        while (home.out().lines().count() < before + 5) Thread.sleep(5);
    }

    private static int readable(StubConnection stub) throws IOException {
        try (Streams streams = stub.streams();
                Pipe copy = Pipe.create()) {
            return Pipe.tee(streams.out().read(), copy.write(), 65536);
        }
    }
}

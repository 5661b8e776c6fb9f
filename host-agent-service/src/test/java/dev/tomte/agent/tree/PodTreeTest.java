package dev.tomte.agent.tree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tomte.agent.criu.Criu;
import dev.tomte.agent.criu.CriuTool;
import dev.tomte.agent.criu.Place;
import dev.tomte.agent.locks.HomeLocks;
import dev.tomte.agent.locks.KeptHere;
import dev.tomte.agent.locks.Locks;
import dev.tomte.agent.pod.Pod;
import dev.tomte.agent.pod.StubLine;
import dev.tomte.agent.pod.TestHost;
import dev.tomte.contracts.Request.Launch;
import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.FileCalls;
import dev.tomte.linux.OpenAt;
import dev.tomte.linux.Pipe;
import dev.tomte.stub.Phase;
import dev.tomte.stub.ProcessStart;
import dev.tomte.stub.StandardStream;
import dev.tomte.stub.Started;
import dev.tomte.stub.Streams;
import dev.tomte.stub.StubConnection;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A tree leaves its pod and comes to another; both pods see the same files without a mount between them. */
@Timeout(120)
final class PodTreeTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String COUNT = "i=0; while :; do i=$((i+1)); echo $i; sleep 0.02; done";

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final KeptHere keeper = new KeptHere();
    private Criu criu;
    private TestHost host;

    @BeforeEach
    void up() throws IOException {
        assumeTrue(Files.isExecutable(TestHost.tools().resolve("criu")), "no criu in " + TestHost.tools());
        host = new TestHost("ws1");
        criu = new CriuTool(TestHost.tools(), host.host().run().resolve("criu"));
    }

    @AfterEach
    void down() throws IOException {
        if (host != null) host.close();
        threads.shutdownNow();
        keeper.close();
    }

    private Pod home(int uid, String... command) throws IOException {
        return host.pods().makeHome("p-test", new Launch("test", List.of(command), Map.of(), "/home/tomte", uid));
    }

    private StubLine line(Pod pod) {
        return new StubLine(pod, threads, event -> {});
    }

    private static void start(Pod pod, StubLine line) throws IOException {
        ProcessStart start = new ProcessStart(
                pod.record().launch().command(), Map.of("PATH", "/usr/local/bin:/usr/bin:/bin"), "/home/tomte");
        try (Started held = line.ask(stub -> stub.start(start))) {
            pod.tree().add(held.hostPid());
        }
        line.tell(StubConnection::go);
    }

    private PodTree tree(Pod pod, StubLine line) {
        return new PodTree(new Place(pod, null), line, criu, HomeFiles.AT_HOME, locks(pod), within -> {});
    }

    private Restored restored(Pod pod, StubLine line) {
        return new Restored(new Place(pod, null), line, criu, locks(pod));
    }

    private Locks locks(Pod pod) {
        return new HomeLocks(pod.tree(), keeper);
    }

    private static Tree.Checkpoint dump(PodTree tree, Path images) throws IOException {
        try (Tree.Dump dump = tree.readyDump(images)) {
            dump.write();
            dump.end();
            return dump.checkpoint();
        }
    }

    private void remove(Pod... homes) throws IOException {
        for (Pod home : homes) {
            host.pods().remove(home);
            Files.delete(host.pods().log(home.process(), StandardStream.OUT).orElseThrow());
        }
    }

    private static Path inHome(Pod home, String name) {
        return Path.of("/proc/" + home.stubPid() + "/root/home/tomte/" + name);
    }

    private Path images(String name) throws IOException {
        return Files.createDirectory(host.host().run().resolve(name));
    }

    private long lines(Pod home) throws IOException {
        return Files.readString(
                        host.pods().log(home.process(), StandardStream.OUT).orElseThrow())
                .lines()
                .count();
    }

    private void awaitLines(Pod home, long count) throws Exception {
        while (lines(home) < count) Thread.sleep(5);
    }

    @Test
    void itLeavesComesBackAndEnds() throws Exception {
        for (int uid : List.of(1000, 0)) {
            Pod home = home(uid, "sh", "-c", COUNT);
            Pod guest = host.pods().makeGuest("p-test", home.id(), home.record().launch(), 0);
            try (StubLine homeLine = line(home);
                    StubLine guestLine = line(guest)) {
                start(home, homeLine);
                awaitLines(home, 5);
                PodTree here = tree(home, homeLine);
                assertEquals(List.of(), here.obstacles());
                here.freeze(PATIENCE);
                assertTrue(here.isFrozen());
                assertFalse(here.signal(15));
                Path images = images("out-" + uid);
                Tree.Checkpoint checkpoint = dump(here, images);
                assertTrue(here.isFrozen());
                Restored there = restored(guest, guestLine);
                there.ready(images, checkpoint);
                there.restore();
                assertEquals(
                        home.tree().processes().size(), guest.tree().processes().size());
                try (Streams streams = guestLine.ask(StubConnection::streams);
                        Pipe copy = Pipe.create()) {
                    assertEquals(0, Pipe.tee(streams.out().read(), copy.write(), 65536));
                    here.destroy();
                    assertEquals(Phase.AWAY, homeLine.ask(StubConnection::state).phase());
                    there.run(checkpoint.rootPid());
                    while (Pipe.tee(streams.out().read(), copy.write(), 65536) == 0) Thread.sleep(5);
                }
                PodTree away = tree(guest, guestLine);
                away.freeze(PATIENCE);
                Path back = images("back-" + uid);
                Tree.Checkpoint second = dump(away, back);
                homeLine.tell(StubConnection::resetStreams);
                Restored again = restored(home, homeLine);
                again.ready(back, second);
                again.restore();
                away.destroy();
                long before = lines(home);
                again.run(second.rootPid());
                awaitLines(home, before + 5);
                assertTrue(tree(home, homeLine).signal(9));
                while (homeLine.ask(StubConnection::exit).isEmpty()) Thread.sleep(5);
                assertEquals(
                        137, homeLine.ask(StubConnection::exit).orElseThrow().code());
            }
            host.pods().remove(home);
            host.pods().remove(guest);
            Files.delete(host.pods().log("p-test", StandardStream.OUT).orElseThrow());
        }
    }

    @Test
    void aRestoreThatFailsLeavesNothingAndSaysWhy() throws Exception {
        Pod home = home(1000, "sh", "-c", COUNT);
        Pod guest = host.pods().makeGuest("p-test", home.id(), home.record().launch(), 0);
        try (StubLine homeLine = line(home);
                StubLine guestLine = line(guest)) {
            start(home, homeLine);
            awaitLines(home, 5);
            PodTree here = tree(home, homeLine);
            here.freeze(PATIENCE);
            Path images = images("out");
            Tree.Checkpoint checkpoint = dump(here, images);
            Files.delete(images.resolve("mm-" + checkpoint.rootPid() + ".img"));
            Restored there = restored(guest, guestLine);
            there.ready(images, checkpoint);
            IOException why = assertThrows(IOException.class, there::restore);
            assertTrue(String.valueOf(why.getMessage()).startsWith("the restore failed: "), why.getMessage());
            there.destroy();
            assertFalse(guest.tree().isPopulated());
            assertFalse(guest.tools().isPopulated());
            here.thaw();
            awaitLines(home, lines(home) + 5);
        }
    }

    @Test
    void whatOnlyWaitsLeavesNothingAndTheTreeRunsOn() throws Exception {
        Pod home = home(1000, "sh", "-c", COUNT);
        Pod guest = host.pods().makeGuest("p-test", home.id(), home.record().launch(), 0);
        try (StubLine homeLine = line(home);
                StubLine guestLine = line(guest)) {
            start(home, homeLine);
            PodTree here = tree(home, homeLine);
            Restored there = restored(guest, guestLine);
            try (Tree.Dump dump = here.readyDump(images("out"))) {
                there.ready(images("in"), dump.checkpoint());
                assertTrue(home.tools().isPopulated());
                assertTrue(guest.tools().isPopulated());
                awaitLines(home, lines(home) + 5);
            }
            there.destroy();
            assertFalse(home.tools().isPopulated());
            assertFalse(guest.tools().isPopulated());
            assertFalse(here.isFrozen());
            awaitLines(home, lines(home) + 5);
        }
    }

    private static final String LOCK = """
            import fcntl, os, struct, sys, time
            name = '/home/tomte/locked'
            held = os.open(name, os.O_RDWR | os.O_CREAT)
            free = os.open(name, os.O_RDWR)
            os.write(held, b'abc')
            %s
            n = 0
            while not os.path.exists('/home/tomte/end'):
                n += 1
                print(n, os.lseek(held, 0, 1), os.lseek(free, 0, 1), flush=True)
                time.sleep(0.02)
            os.close(held)
            os.rename('/home/tomte/end', '/home/tomte/closed')
            while True:
                print('closed', flush=True)
                time.sleep(0.02)
            """;

    /** Fails at once if the lock can be had. */
    private static final class Waiter implements AutoCloseable {
        private final Fd file;
        private final Thread thread;
        private volatile boolean ends;
        volatile boolean won;

        Waiter(Pod home) throws IOException {
            file = OpenAt.open(inHome(home, "locked").toString(), OpenAt.O_RDWR);
            thread = Thread.ofPlatform().start(() -> {
                while (!ends && !won)
                    won = FileCalls.flock(file.value(), FileCalls.LOCK_SH | FileCalls.LOCK_NB) != -Errno.EAGAIN;
            });
        }

        @Override
        public void close() {
            ends = true;
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            file.close();
        }
    }

    @Test
    void aLockIsNeverFreeWhileItsTreeMoves() throws Exception {
        Pod home = home(1000, "/usr/bin/python3", "-c", LOCK.formatted("fcntl.flock(held, fcntl.LOCK_EX)"));
        Pod other = host.pods().makeHome("p-other", home.record().launch());
        try (StubLine homeLine = line(home);
                StubLine otherLine = line(other)) {
            start(home, homeLine);
            awaitLines(home, 5);
            PodTree here = tree(home, homeLine);
            assertEquals(List.of(), here.obstacles());
            try (Waiter waiter = new Waiter(home)) {
                // it stays, and has it as before
                here.freeze(PATIENCE);
                assertEquals(1, keeper.keys("held/").size());
                here.thaw();
                assertEquals(List.of(), keeper.keys("held/"));
                awaitLines(home, lines(home) + 5);
                here.freeze(PATIENCE);
                Path images = images("out");
                Tree.Checkpoint checkpoint = dump(here, images);
                Restored there = restored(other, otherLine);
                there.ready(images, checkpoint);
                there.restore();
                here.destroy();
                locks(home).letGo();
                there.run(checkpoint.rootPid());
                awaitLines(other, 1);
                Files.createFile(inHome(home, "end"));
                Path closed = inHome(home, "closed");
                assertFalse(waiter.won);
                while (!Files.exists(closed)) Thread.sleep(5);
                while (!waiter.won) Thread.sleep(5);
                String first = Files.readAllLines(
                                host.pods().log("p-other", StandardStream.OUT).orElseThrow())
                        .getFirst();
                assertTrue(first.endsWith(" 3 0"), first);
            }
            tree(other, otherLine).destroy();
        }
        remove(home, other);
    }

    private static final String PROCESS_LOCKS = """
            fcntl.lockf(held, fcntl.LOCK_EX, 10, 0)
            other = os.open(name, os.O_RDONLY)
            fcntl.lockf(other, fcntl.LOCK_SH, 10, 20)
            """;

    /** Programs that try all the time to lock some of it, or wait to; each ends when it has got it. */
    private static List<Process> competitors(Pod home) throws IOException {
        String name = inHome(home, "locked").toString();
        List<Process> all = new ArrayList<>();
        for (String range : List.of("10, 0", "10, 20", "0, 0"))
            for (boolean waits : List.of(true, false))
                all.add(competitor(waits ? WAITING : TRYING, name, range.replace(",", "")));
        return all;
    }

    /** Not this JVM's own child, but a shell's, which ends as it does. */
    private static Process competitor(String program, String name, String range) throws IOException {
        String shell = "\"$@\" & trap \"kill -9 $!\" TERM; wait $!";
        return new ProcessBuilder("sh", "-c", shell, "sh", "/usr/bin/python3", "-c", program, name, range)
                .inheritIO()
                .start();
    }

    private static final String TRYING = """
            import fcntl, os, sys
            while True:
                # opened anew each time: who opens it meanwhile must not get it either
                f = os.open(sys.argv[1], os.O_RDWR)
                try:
                    fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB, *map(int, sys.argv[2].split()))
                    break
                except BlockingIOError:
                    os.close(f)
            """;
    private static final String WAITING = """
            import fcntl, os, sys
            fcntl.lockf(os.open(sys.argv[1], os.O_RDWR), fcntl.LOCK_EX, *map(int, sys.argv[2].split()))
            """;

    @Test
    void whatAProcessHasLockedForItselfIsNeverFreeWhileItMoves() throws Exception {
        Pod home = home(1000, "/usr/bin/python3", "-c", LOCK.formatted(PROCESS_LOCKS));
        Pod other = host.pods().makeHome("p-other", home.record().launch());
        List<Process> competitors = List.of();
        try (StubLine homeLine = line(home);
                StubLine otherLine = line(other)) {
            start(home, homeLine);
            awaitLines(home, 5);
            PodTree here = tree(home, homeLine);
            assertEquals(List.of(), here.obstacles());
            competitors = competitors(home);
            here.freeze(PATIENCE);
            assertEquals(1, keeper.keys("posix/").size());
            here.thaw();
            assertEquals(List.of(), keeper.keys("posix/"));
            awaitLines(home, lines(home) + 5);
            here.freeze(PATIENCE);
            Path images = images("out");
            Tree.Checkpoint checkpoint = dump(here, images);
            Restored there = restored(other, otherLine);
            there.ready(images, checkpoint);
            there.restore();
            String key = keeper.keys("posix/").getFirst();
            List<Fd> session = keeper.take(key);
            here.leave();
            assertTrue(here.isFrozen());
            here.destroy();
            assertEquals(List.of(), keeper.keys("posix/"));
            // as a session holds it while a process is away
            keeper.keep(key, session);
            session.forEach(Fd::close);
            there.run(checkpoint.rootPid());
            assertEquals(List.of(), keeper.keys("posix/"));
            awaitLines(other, 5);
            for (Process one : competitors) assertTrue(one.isAlive());
            Files.createFile(inHome(home, "end"));
            for (Process one : competitors) assertTrue(one.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS));
            assertTrue(Files.exists(inHome(home, "closed")));
            tree(other, otherLine).destroy();
        } finally {
            competitors.forEach(Process::destroy);
        }
        remove(home, other);
    }

    @Test
    void whatOfLocksDoesNotMoveIsNamed() throws Exception {
        Pod home = home(
                1000, "/usr/bin/python3", "-c", LOCK.formatted("os.unlink(name); fcntl.lockf(held, fcntl.LOCK_EX)"));
        try (StubLine homeLine = line(home)) {
            start(home, homeLine);
            awaitLines(home, 5);
            PodTree here = tree(home, homeLine);
            assertTrue(
                    here.obstacles().getFirst().contains("lock of a file without a name"), here.obstacles()::toString);
            IOException why = assertThrows(IOException.class, () -> here.freeze(PATIENCE));
            assertTrue(String.valueOf(why.getMessage()).contains("lock of a file without a name"), why.getMessage());
            assertFalse(here.isFrozen());
        }
    }

    @Test
    void whatOnlyOneLookAtLocksHasSeenIsNotInTheWay() throws Exception {
        Pod home = home(1000, "sleep", "1000");
        try (StubLine line = line(home)) {
            start(home, line);
            assertEquals(List.of(), looking(home, line, 1).obstacles());
            assertEquals(List.of("seen"), looking(home, line, Integer.MAX_VALUE).obstacles());
            tree(home, line).destroy();
        }
        remove(home);
    }

    /** A tree of whose locks the first looks say that one is in the way. */
    private PodTree looking(Pod pod, StubLine line, int wrong) {
        Locks real = locks(pod);
        AtomicInteger looks = new AtomicInteger();
        Locks fickle = (Locks) Proxy.newProxyInstance(
                Locks.class.getClassLoader(),
                new Class<?>[] {Locks.class},
                (proxy, method, arguments) -> method.getName().equals("obstacles") && looks.getAndIncrement() < wrong
                        ? List.of("seen")
                        : method.invoke(real, arguments));
        return new PodTree(new Place(pod, null), line, criu, HomeFiles.AT_HOME, fickle, within -> {});
    }
}

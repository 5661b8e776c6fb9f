package dev.tomte.home;

import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.home.mount.GuestMount;
import dev.tomte.home.mount.OpenFileLocks;
import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.FileCalls;
import dev.tomte.linux.OpenAt;
import dev.tomte.linux.PidFd;
import dev.tomte.linux.ProcFs;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The locks of open files pass from one session to the next, or from home to a session: with no moment in between. */
@Timeout(60)
class MovingLocksTest {
    private static final int PID = 28;
    private static final int NUMBER = 3;

    @TempDir
    Path directory;

    private HomeFixture fixture;
    private Fd home;
    private GuestMount source;

    /** A lock, and how it is taken without waiting. */
    private enum Kind {
        FLOCK {
            @Override
            long lock(Fd file) {
                return FileCalls.flock(file.value(), FileCalls.LOCK_EX | FileCalls.LOCK_NB);
            }

            @Override
            long unlock(Fd file) {
                return FileCalls.flock(file.value(), FileCalls.LOCK_UN);
            }
        },
        OFD {
            @Override
            long lock(Fd file) {
                return set(file, 1);
            }

            @Override
            long unlock(Fd file) {
                return set(file, 2);
            }

            private long set(Fd file, int type) {
                try (Arena arena = Arena.ofConfined()) {
                    MemorySegment lock = arena.allocate(32, 8);
                    lock.set(JAVA_SHORT, 0, (short) type);
                    return FileCalls.fcntl(file.value(), FileCalls.F_OFD_SETLK, lock.address());
                }
            }
        };

        abstract long lock(Fd file);

        abstract long unlock(Fd file);
    }

    @BeforeEach
    void start() throws Exception {
        fixture = new HomeFixture(directory);
        Pod.output(fixture.home.run("sh", "-ec", "echo > /home/tomte/locked"));
        home = OpenAt.open(fixture.home.path("/home/tomte/locked").toString(), OpenAt.O_RDWR);
        source = fixture.mount();
    }

    @AfterEach
    void stop() throws Exception {
        home.close();
        source.close();
        fixture.close();
    }

    private Fd open(GuestMount mount) throws IOException {
        Process resident = fixture.resident(mount);
        try (Fd parent = HomeFixture.directory(resident, "/home/tomte")) {
            return OpenAt.open(parent, "locked", OpenAt.O_RDWR);
        } finally {
            resident.getOutputStream().close();
        }
    }

    private GuestMount next() throws IOException {
        fixture.nextEpoch = 2;
        return GuestMount.open(fixture.config(2, "ws3"), HomeFixture.SOON);
    }

    private void decide(String holder) throws IOException {
        fixture.epoch = 2;
        fixture.holder = holder;
        fixture.origin.decided(HomeFixture.PROCESS, HomeFixture.INCARNATION, 2, holder);
        HeldKey.dropAll(fixture.homeKeeper);
    }

    private void isTaken(Kind kind) {
        assertEquals(-Errno.EAGAIN, kind.lock(home));
    }

    private void isFree(Kind kind) throws Exception {
        long result = -Errno.EAGAIN;
        // RELEASE goes on its own
        for (long end = System.nanoTime() + HomeFixture.SOON.toNanos(); result != 0 && System.nanoTime() < end; ) {
            result = kind.lock(home);
            Thread.sleep(5);
        }
        assertEquals(0, result);
        kind.unlock(home);
    }

    @Test
    void aLockPassesToTheNextSession() throws Exception {
        for (Kind kind : Kind.values()) {
            try (Fd before = open(source)) {
                assertEquals(0, kind.lock(before));
                OpenFileLocks.Found found = OpenFileLocks.look(before);
                assertEquals(1, found.own());
                assertEquals(0, found.others());
                OpenFileLocks.hold(before, PID, NUMBER);
                try (GuestMount target = next()) {
                    Fd after = open(target);
                    OpenFileLocks.adopt(after, PID, NUMBER);
                    isTaken(kind);
                    decide("ws3");
                    isTaken(kind);
                    assertEquals(1, OpenFileLocks.look(after).own());
                    assertEquals(0, kind.unlock(after));
                    isFree(kind);
                    assertEquals(0, kind.lock(after));
                    isTaken(kind);
                    after.close();
                    isFree(kind);
                    fixture.epoch = 1;
                    fixture.holder = HomeFixture.HOLDER;
                }
            }
            source.close();
            source = fixture.mount();
        }
    }

    @Test
    void whoRollsBackHasKeptIt() throws Exception {
        for (Kind kind : Kind.values()) {
            try (Fd before = open(source)) {
                assertEquals(0, kind.lock(before));
                OpenFileLocks.hold(before, PID, NUMBER);
                try (GuestMount target = next()) {
                    Fd after = open(target);
                    OpenFileLocks.adopt(after, PID, NUMBER);
                    // as the target does that has failed: its copy ends before anything is decided
                    after.close();
                    target.fence(List.of(), HomeFixture.SOON);
                    isTaken(kind);
                }
                isTaken(kind);
                assertEquals(1, OpenFileLocks.look(before).own());
                assertEquals(0, kind.unlock(before));
                isFree(kind);
                assertEquals(0, kind.lock(before));
            }
            isFree(kind);
            assertEquals(List.of(), fixture.homeKeeper.keys("held/"));
        }
    }

    @Test
    void aLockOfAProcessAtHomePassesToASession() throws Exception {
        for (Kind kind : Kind.values()) {
            Fd copy = OpenAt.open(fixture.home.path("/home/tomte/locked").toString(), OpenAt.O_RDWR);
            assertEquals(0, kind.lock(copy));
            fixture.homeKeeper.keep(HeldKey.of(PID, NUMBER), List.of(copy));
            try (GuestMount target = next()) {
                Fd after = open(target);
                OpenFileLocks.adopt(after, PID, NUMBER);
                decide("ws3");
                copy.close();
                isTaken(kind);
                // what it knows survives its origin
                int port = fixture.origin.port();
                fixture.origin.close();
                isTaken(kind);
                fixture.origin = fixture.startOrigin(port);
                assertEquals(1, OpenFileLocks.look(after).own());
                isTaken(kind);
                after.close();
                isFree(kind);
            }
            fixture.epoch = 1;
            fixture.holder = HomeFixture.HOLDER;
        }
    }

    /** Does something with an open file on a mount, says so, and does the next thing when it is told to. */
    private Process program(GuestMount mount, String... steps) throws IOException {
        String script = "import fcntl,struct,sys; f=open('/home/tomte/locked','r+')\n";
        for (String step : steps) script += step + "\nprint('done', flush=True)\nsys.stdin.readline()\n";
        return fixture.guest.runIn(mount.namespace(), "/usr/bin/python3", "-c", script);
    }

    private static void awaitDone(Process program) throws IOException {
        for (char letter : "done\n".toCharArray())
            assertEquals(letter, program.getInputStream().read());
    }

    private static void next(Process program) throws IOException {
        program.getOutputStream().write('\n');
        program.getOutputStream().flush();
    }

    /** The process that runs a program: who has entered the namespaces for it is another one. */
    private static int pid(Process program) {
        ProcFs process = new ProcFs((int) program.pid());
        while (!process.children().isEmpty())
            process = new ProcFs(process.children().getFirst());
        return process.pid();
    }

    /** Until it is seen to wait for an answer of the mount, and goes on to: what can be answered is, at once. */
    private static void awaitWaiting(Process program) throws InterruptedException {
        for (int looks = 0; looks < LOOKS; looks++) {
            assertTrue(program.isAlive(), "it has ended instead");
            // fs/fuse/dev.c
            Optional<String> where = new ProcFs(pid(program)).waitsIn();
            if (where.filter("request_wait_answer"::equals).isEmpty()) looks = 0;
            Thread.sleep(5);
        }
    }

    private static final int LOOKS = 40;
    private static final String LOCK = "fcntl.lockf(f, fcntl.LOCK_EX)";
    private static final String UNLOCK = "fcntl.lockf(f, fcntl.LOCK_UN)";
    private static final String ASK = "fcntl.fcntl(f, fcntl.F_GETLK, struct.pack('hhqqi4x', 0, 0, 0, 0, 0))";

    @Test
    void aProcesssLockPassesToTheNextSession() throws Exception {
        Process holder = program(source, LOCK);
        awaitDone(holder);
        isTaken(Kind.OFD);
        try (Fd before = PidFd.descriptor(pid(holder), NUMBER)) {
            OpenFileLocks.Found found = OpenFileLocks.look(before);
            assertEquals(0, found.own());
            assertEquals(1, found.others());
            assertEquals(Map.of(pid(holder), 1), OpenFileLocks.processes(before));
            assertThrows(Errno.class, () -> OpenFileLocks.hold(before, PID, NUMBER));
            assertThrows(Errno.class, () -> OpenFileLocks.holdProcess(before, PID, NUMBER, 1));
            OpenFileLocks.holdProcess(before, PID, NUMBER, pid(holder));
        }
        try (GuestMount target = next()) {
            // a copy that never comes to run takes nothing away when it ends
            Process undone = program(target, ASK);
            awaitDone(undone);
            adopt(undone);
            undone.getOutputStream().close();
            Pod.output(undone);
            target.fence(List.of(), HomeFixture.SOON);
            isTaken(Kind.OFD);
            Process after = program(target, ASK, LOCK, UNLOCK);
            awaitDone(after);
            adopt(after);
            isTaken(Kind.OFD);
            decide("ws3");
            isTaken(Kind.OFD);
            // what it knows survives its origin
            int port = fixture.origin.port();
            fixture.origin.close();
            isTaken(Kind.OFD);
            fixture.origin = fixture.startOrigin(port);
            isTaken(Kind.OFD);
            assertEquals(1, target.fence(List.of(), HomeFixture.SOON).locks());
            next(after);
            awaitDone(after);
            isTaken(Kind.OFD);
            next(after);
            awaitDone(after);
            isFree(Kind.OFD);
            after.getOutputStream().close();
            Pod.output(after);
        }
        // it waits for a session that is over, until its mount ends
        holder.getOutputStream().close();
    }

    private static void adopt(Process program) throws IOException {
        try (Fd file = PidFd.descriptor(pid(program), NUMBER)) {
            OpenFileLocks.adoptProcess(file, PID, NUMBER, pid(program));
        }
    }

    @Test
    void whatAProcessHeldAtHomeCanMoveOn() throws Exception {
        try (Fd kept = OpenAt.open(fixture.home.path("/home/tomte/locked").toString(), OpenAt.O_RDWR);
                GuestMount target = keptAndNext(kept)) {
            Process after = program(target, ASK);
            awaitDone(after);
            adopt(after);
            decide("ws3");
            assertEquals(0, Kind.OFD.lock(kept));
            assertEquals(1, target.fence(List.of(), HomeFixture.SOON).locks());
            try (Fd file = PidFd.descriptor(pid(after), NUMBER)) {
                assertEquals(Map.of(pid(after), 1), OpenFileLocks.processes(file));
                OpenFileLocks.holdProcess(file, PID, NUMBER, pid(after));
            }
            after.getOutputStream().close();
            Pod.output(after);
            isFree(Kind.OFD);
        }
    }

    private GuestMount keptAndNext(Fd kept) throws IOException {
        fixture.homeKeeper.keep(HeldKey.ofProcess(PID, NUMBER), List.of(kept));
        return next();
    }

    /** Its copy at home has it yet: the home's agent passes it on when the move has been decided. */
    @Test
    void whatAProcessHeldAtHomeIsWaitedFor() throws Exception {
        try (Fd copy = OpenAt.open(fixture.home.path("/home/tomte/locked").toString(), OpenAt.O_RDWR);
                Fd kept = OpenAt.open(fixture.home.path("/home/tomte/locked").toString(), OpenAt.O_RDWR)) {
            assertEquals(0, Kind.OFD.lock(copy));
            try (GuestMount target = keptAndNext(kept)) {
                Process after = program(target, ASK, "fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB)", UNLOCK);
                awaitDone(after);
                adopt(after);
                decide("ws3");
                next(after);
                awaitWaiting(after);
                assertEquals(0, after.getInputStream().available());
                Kind.OFD.unlock(copy);
                assertEquals(0, Kind.OFD.lock(kept));
                awaitDone(after);
                isTaken(Kind.OFD);
                next(after);
                awaitDone(after);
                isFree(Kind.OFD);
                after.getOutputStream().close();
                Pod.output(after);
            }
        }
    }

    @Test
    void whoWaitsForALockHoldsUpNoFence() throws Exception {
        assertEquals(0, Kind.FLOCK.lock(home));
        Process waiter =
                fixture.guest.runIn(source.namespace(), "sh", "-c", "echo x; exec flock /home/tomte/locked echo got");
        assertEquals('x', waiter.getInputStream().read());
        awaitWaiting(waiter);
        assertEquals(0, source.fence(List.of(), Duration.ofSeconds(5)).locks());
        Kind.FLOCK.unlock(home);
        assertEquals("\ngot\n", Pod.output(waiter));
    }

    @Test
    void onlyARestoreAdopts() throws Exception {
        try (Fd before = open(source)) {
            assertEquals(0, Kind.FLOCK.lock(before));
            OpenFileLocks.hold(before, PID, NUMBER);
            assertThrows(Errno.class, () -> OpenFileLocks.adopt(before, PID, NUMBER));
        }
    }

    @Test
    void aProcessLocksThroughDescriptorsOfDifferentModes() throws Exception {
        Process holder = fixture.guest.runIn(
                source.namespace(),
                "/usr/bin/python3",
                "-c",
                "import fcntl,sys; n='/home/tomte/locked'; r=open(n); w=open(n,'r+');"
                        + " fcntl.lockf(r,fcntl.LOCK_SH,5,0); fcntl.lockf(w,fcntl.LOCK_EX,5,2);"
                        + " print('locked', flush=True); sys.stdin.read()");
        assertEquals('l', holder.getInputStream().read());
        isTaken(Kind.OFD);
        assertEquals(2, source.fence(List.of(), HomeFixture.SOON).locks());
        holder.getOutputStream().close();
        Pod.output(holder);
        isFree(Kind.OFD);
    }
}

package dev.tomte.home;

import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

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

    @Test
    void aPosixLockIsNotTheOpenFiles() throws Exception {
        Process holder = fixture.guest.runIn(
                source.namespace(),
                "/usr/bin/python3",
                "-c",
                "import fcntl,sys; f=open('/home/tomte/locked','r+'); fcntl.lockf(f,fcntl.LOCK_EX);"
                        + " print('locked', flush=True); sys.stdin.read()");
        assertEquals('l', holder.getInputStream().read());
        isTaken(Kind.OFD);
        ProcFs process = new ProcFs((int) holder.pid());
        // who has entered the namespaces for it
        while (!process.children().isEmpty())
            process = new ProcFs(process.children().getFirst());
        try (Fd copy = PidFd.descriptor(process.pid(), 3)) {
            OpenFileLocks.Found found = OpenFileLocks.look(copy);
            assertEquals(0, found.own());
            assertEquals(1, found.others());
            assertThrows(Errno.class, () -> OpenFileLocks.hold(copy, PID, NUMBER));
        }
        holder.getOutputStream().close();
        Pod.output(holder);
        isFree(Kind.OFD);
    }

    @Test
    void whoWaitsForALockHoldsUpNoFence() throws Exception {
        assertEquals(0, Kind.FLOCK.lock(home));
        Process waiter =
                fixture.guest.runIn(source.namespace(), "sh", "-c", "echo x; exec flock /home/tomte/locked echo got");
        assertEquals('x', waiter.getInputStream().read());
        Thread.sleep(200);
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

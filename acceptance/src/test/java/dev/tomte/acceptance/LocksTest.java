package dev.tomte.acceptance;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.rest.MigrationResource;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who holds a lock holds it wherever it goes, and who wants it at home gets it when it is let go. */
@Order(3)
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class LocksTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Fleet fleet = Fleet.up();

    @BeforeEach
    void install() throws IOException {
        fleet.install("ws1", "locks.py", Programs.source("locks.py"));
    }

    private Guest run(String role, String kind, String name) {
        Guest guest = Guest.run(
                fleet, "ws1", name + "-" + role, "/usr/bin/python3", "/home/tomte/locks.py", role, kind, name);
        guest.progress(3);
        return guest;
    }

    private static void won(Guest waiter) {
        assertEquals(0, waiter.awaitExit(), waiter::log);
        assertTrue(waiter.lines().getLast().startsWith("OK "), waiter::log);
    }

    @ParameterizedTest
    @ValueSource(strings = {"flock", "ofd", "posix"})
    void nobodyGetsALockWhileItsHolderMoves(String kind) {
        String name = "tour-" + kind;
        try (Guest holder = run("hold", kind, name);
                Guest trying = run("try", kind, name);
                Guest waiting = run("wait", kind, name)) {
            for (String target : List.of("ws2", "ws3", "home", "ws3", "home")) {
                holder.migrate(target);
                holder.progress(10);
                trying.progress(3);
                waiting.progress(3);
            }
            holder.finish();
            won(trying);
            won(waiting);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"flock", "ofd", "posix"})
    void aMoveThatIsUndoneLosesNoLock(String kind) throws IOException {
        String name = "undone-" + kind;
        try (Guest holder = run("hold", kind, name);
                Guest trying = run("try", kind, name)) {
            undone(holder, "ws1", "ws2");
            holder.migrate("ws2");
            undone(holder, "ws2", "ws3");
            undone(holder, "ws2", "ws1");
            holder.progress(5);
            trying.progress(3);
            holder.migrate("home");
            holder.finish();
            won(trying);
        }
    }

    /** Its source is killed when the copy has been restored, with all locks. */
    private void undone(Guest guest, String source, String target) throws IOException {
        Instant killed;
        String migration;
        try (FailPoint point = FailPoint.of(guest.id(), source, "source-RESTORED")) {
            migration = guest.begin(target);
            point.awaitPaused();
            killed = Instant.now();
            new Faults(fleet).kill(source, point::release);
        }
        MigrationResource end = guest.end(migration);
        assertEquals(MoveState.ROLLED_BACK, end.state(), end::toString);
        new Faults(fleet).awaitBack(source, killed);
        guest.progress(5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"flock", "ofd", "posix"})
    void whoWaitsForALockMovesAndGetsIt(String kind) {
        String name = "waits-" + kind;
        try (Guest holder = run("hold", kind, name);
                Guest waiting = run("wait", kind, name)) {
            for (String target : List.of("ws2", "ws3", "home", "ws2")) {
                waiting.migrate(target);
                waiting.progress(5);
            }
            holder.finish();
            won(waiting);
        }
    }

    /** Locks that were taken away, by two processes of one tree through the same open file, are theirs at home. */
    @Test
    void whatWasLockedAwayComesHome() throws IOException {
        String script = """
                import fcntl, os, sys, time
                f = os.open('away.lock', os.O_RDWR | os.O_CREAT)
                child = os.fork() == 0
                name = 'child' if child else 'parent'
                locked = False
                while not os.path.exists('away.end'):
                    if os.path.exists('away.now') and not locked:
                        fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB, 5, 10 if child else 0)
                        open('away.' + name, 'w').close()
                        locked = True
                    # who asks for the other's range before that has it takes it
                    if locked and os.path.exists('away.parent') and os.path.exists('away.child'):
                        # its own lock is in nobody's way but the other's
                        fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB, 5, 10 if child else 0)
                        try:
                            fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB, 5, 0 if child else 10)
                            os._exit(3)
                        except BlockingIOError:
                            pass
                    if not child: print('.', flush=True)
                    time.sleep(0.02)
                if child: os._exit(0)
                os._exit(os.waitstatus_to_exitcode(os.wait()[1]))
                """;
        try (Guest holder = Guest.run(fleet, "ws1", "locks-away", "/usr/bin/python3", "-c", script)) {
            holder.progress(2);
            holder.migrate("ws2");
            fleet.install("ws1", "away.now", new byte[0]);
            for (String name : List.of("away.parent", "away.child"))
                await("it holds the lock")
                        .atMost(LIMIT)
                        .until(() -> Files.exists(fleet.home("ws1").resolve(name)));
            for (String target : List.of("home", "ws3", "ws2", "home")) {
                holder.migrate(target);
                holder.progress(5);
            }
            fleet.install("ws1", "away.end", new byte[0]);
            assertEquals(0, holder.awaitExit(), holder::log);
        }
    }
}

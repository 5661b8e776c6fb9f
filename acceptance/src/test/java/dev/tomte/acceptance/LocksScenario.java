package dev.tomte.acceptance;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tomte.contracts.MoveState;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who holds a lock holds it wherever it goes, and who wants it at home gets it when it is let go. */
public interface LocksScenario {
    Duration LIMIT = Duration.ofSeconds(60);

    Stage stage();

    private Traveller run(String role, String kind, String name) throws IOException {
        String program = stage().bring("locks.py", Programs.source("locks.py"));
        Traveller traveller = stage().start(name + "-" + role, "/usr/bin/python3", program, role, kind, name);
        traveller.progress(3);
        return traveller;
    }

    @ParameterizedTest
    @ValueSource(strings = {"flock", "ofd", "posix"})
    default void nobodyGetsALockWhileItsHolderMoves(String kind) throws IOException {
        String name = "tour-" + kind;
        try (Traveller holder = run("hold", kind, name);
                Traveller trying = run("try", kind, name);
                Traveller waiting = run("wait", kind, name)) {
            for (String target : List.of(stage().near(), stage().far(), "home", stage().far(), "home")) {
                holder.go(target);
                holder.progress(10);
                trying.progress(3);
                waiting.progress(3);
            }
            holder.finish();
            trying.assertEndsWell();
            waiting.assertEndsWell();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"flock", "ofd", "posix"})
    default void aMoveThatIsUndoneLosesNoLock(String kind) throws IOException {
        String name = "undone-" + kind;
        try (Traveller holder = run("hold", kind, name);
                Traveller trying = run("try", kind, name)) {
            undo(holder, stage().home(), stage().near());
            holder.go(stage().near());
            undo(holder, stage().near(), stage().far());
            undo(holder, stage().near(), stage().home());
            trying.progress(3);
            holder.go("home");
            holder.finish();
            trying.assertEndsWell();
        }
    }

    /** Its source is killed when the copy has been restored, with all locks. */
    private void undo(Traveller holder, String source, String target) throws IOException {
        String move;
        try (Stage.Point point = stage().point(holder, source, "source-RESTORED")) {
            move = holder.begin(target);
            point.awaitPaused();
            stage().kill(source, point::release);
        }
        Traveller.End end = holder.awaitEnd(move);
        assertEquals(MoveState.ROLLED_BACK, end.state(), end::toString);
        holder.progress(5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"flock", "ofd", "posix"})
    default void whoWaitsForALockMovesAndGetsIt(String kind) throws IOException {
        String name = "waits-" + kind;
        try (Traveller holder = run("hold", kind, name);
                Traveller waiting = run("wait", kind, name)) {
            for (String target : List.of(stage().near(), stage().far(), "home", stage().near())) {
                waiting.go(target);
                waiting.progress(5);
            }
            holder.finish();
            waiting.assertEndsWell();
        }
    }

    /** Locks that were taken away, by two processes of one tree through the same open file, are theirs at home. */
    @Test
    default void whatWasLockedAwayComesHome() throws IOException {
        String program = stage().bring("away.py", Programs.source("away.py"));
        try (Traveller holder = stage().start("locks-away", "/usr/bin/python3", program)) {
            holder.progress(2);
            holder.go(stage().near());
            stage().make("away.now");
            for (String name : List.of("away.parent", "away.child"))
                await("it holds the lock").atMost(LIMIT).until(() -> stage().has(name));
            for (String target : List.of("home", stage().far(), stage().near(), "home")) {
                holder.go(target);
                holder.progress(5);
            }
            stage().make("away.end");
            assertEquals(0, holder.awaitExit(), holder::tail);
        }
    }
}

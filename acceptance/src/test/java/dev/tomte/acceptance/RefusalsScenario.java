package dev.tomte.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.contracts.MoveState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A move that cannot be is refused with a message that names the thing, and the process runs on. */
public interface RefusalsScenario {
    String COUNTING = """

            import time
            n = 0
            while True:
                n += 1
                print(n, flush=True)
                time.sleep(0.02)
            """;

    Stage stage();

    private Traveller counter(String name) throws IOException {
        return stage().start(name, "sh", "-c", Guest.counting(name));
    }

    private Traveller python(String name, String begin) throws IOException {
        Traveller traveller = stage().start(name, "/usr/bin/python3", "-c", begin + COUNTING);
        traveller.progress(2);
        return traveller;
    }

    default void cannotMove(Traveller traveller, String target, String... words) throws IOException {
        String why = traveller.refusal(target).toLowerCase(Locale.ROOT);
        for (String word : words) assertTrue(why.contains(word), why);
        traveller.progress(3);
    }

    private static void killed(Traveller traveller) {
        traveller.signal("KILL");
        assertEquals(137, traveller.awaitExit());
    }

    @Test
    default void toWhereThereIsNoHost() throws IOException {
        try (Traveller traveller = counter("unknown")) {
            cannotMove(traveller, "nowhere", "nowhere");
            traveller.finish();
        }
    }

    @Test
    default void homeWhenItIsHome() throws IOException {
        try (Traveller traveller = counter("homebody")) {
            cannotMove(traveller, "home", stage().home());
            traveller.go(stage().near());
            cannotMove(traveller, stage().near(), stage().near());
            traveller.finish();
        }
    }

    @Test
    default void aSecondMoveWhileOneIsUnderWay() throws IOException {
        try (Traveller traveller = counter("twice");
                Stage.Point point = stage().point(traveller, stage().home(), "source-FROZEN")) {
            String first = traveller.begin(stage().near());
            point.awaitPaused();
            String why = traveller.refusal(stage().far());
            assertTrue(why.contains(stage().near()), why);
            point.release();
            assertEquals(MoveState.SETTLED, traveller.awaitEnd(first).state());
            traveller.finish();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a-socket | socket | import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()",
                "a-lock | a lock of a file without a name"
                        + " | import fcntl, os; f = open('lock.txt', 'w'); fcntl.lockf(f, fcntl.LOCK_EX); os.unlink('lock.txt')",
                "a-terminal | terminal | import os; a, b = os.openpty()"
            })
    default void whatDoesNotMoveYet(String name, String what, String begin) throws IOException {
        try (Traveller traveller = python(name, begin)) {
            cannotMove(traveller, stage().near(), what);
            killed(traveller);
        }
    }

    @Test
    default void anAttachedDebugger(@TempDir Path scratch) throws IOException {
        String program = stage().bring("traced", Programs.compiled("traced", scratch));
        try (Traveller traveller = stage().start("debugged", program)) {
            traveller.progress(2);
            cannotMove(traveller, stage().near(), "trace");
            killed(traveller);
        }
    }

    @Test
    default void whatDoesNotStandStillRunsOn(@TempDir Path scratch) throws IOException {
        String program = stage().bring("stuck", Programs.compiled("stuck", scratch));
        try (Traveller traveller = stage().start("stuck", program)) {
            traveller.progress(3);
            Traveller.End end = traveller.awaitEnd(traveller.begin(stage().near()));
            assertEquals(MoveState.ROLLED_BACK, end.state(), end::toString);
            assertFalse(end.frozen(), end::toString);
            assertTrue(
                    end.why().matches(".*did not stand still within .* process [0-9]+ \\(stuck\\).*"), end::toString);
            traveller.progress(3);
            killed(traveller);
        }
    }
}

package dev.tomte.agent.move;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.contracts.MoveState;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every message of a move lost, unanswered, late, doubled or stale, and every agent killed at each of its steps: never do
 * two copies run, never is the one destroyed that the register names, and in the end exactly one runs where the
 * register says.
 */
@Timeout(60)
class EveryFaultTest {
    private static final Logger MOVES = Logger.getLogger("dev.tomte.agent.move");

    @BeforeAll
    static void quiet() {
        MOVES.setLevel(Level.OFF);
    }

    @AfterAll
    static void loud() {
        MOVES.setLevel(null);
    }

    private static World run(Faults faults) {
        return new World(faults, Mutation.NONE).run();
    }

    @Test
    void withoutFaultsItMoves() {
        World world = run(Faults.NONE);
        assertEquals(new Register("pod-1", World.EPOCH + 1, World.TARGET), world.register);
        assertEquals(MoveState.SETTLED, world.told.get(MoveNotes.Role.SOURCE));
        assertEquals(MoveState.COMMITTED, world.told.get(MoveNotes.Role.TARGET));
    }

    @Test
    void oneFaultOfAMessageAndOneCrash() {
        int runs = 0;
        for (Faults base : bases()) runs += crashes(base) + faultsAndCrashes(base);
        assertTrue(runs > 10_000, "only " + runs + " runs");
    }

    private static int faultsAndCrashes(Faults base) {
        int runs = 0;
        for (Faults faults : messageFaults(base, 1)) runs += crashes(faults);
        return runs;
    }

    /** The run itself, and the run with a crash at each of its steps. */
    private static int crashes(Faults faults) {
        int steps = run(faults).steps;
        for (int step = 1; step <= steps; step++) run(faults.crash(step));
        return steps + 1;
    }

    @Test
    void twoFaultsOfMessages() {
        for (Faults base : bases())
            for (Faults first : messageFaults(base, 1))
                for (Faults second : messageFaults(first, 1 + lastFault(first))) run(second);
    }

    @Test
    void twoCrashes() {
        for (Faults base : bases()) {
            int steps = run(base).steps;
            for (int first = 1; first <= steps; first++) {
                int more = run(base.crash(first)).steps;
                for (int second = first + 1; second <= more; second++)
                    run(base.crash(first).crash(second));
            }
        }
    }

    @Test
    void abortedAtAnyStepWithAnyCrash() {
        int steps = run(Faults.NONE).sourceSteps();
        for (int step = 1; step <= steps; step++) crashes(Faults.NONE.abort(step));
    }

    @Test
    void abortedBeforeTheProposalItStays() {
        World world = run(Faults.NONE.abort(1));
        assertEquals(World.SOURCE, world.register.holder());
        assertEquals(MoveState.REFUSED, world.told.get(MoveNotes.Role.SOURCE));
    }

    /** The model is worth nothing if it cannot fail. */
    @ParameterizedTest
    @EnumSource(
            value = Mutation.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"NONE"})
    void noticesABrokenRule(Mutation mutation) {
        assertThrows(AssertionError.class, () -> {
            for (Faults base : bases()) {
                everyRun(base, mutation);
                for (Faults faults : messageFaults(base, 1)) everyRun(faults, mutation);
            }
        });
    }

    private static void everyRun(Faults faults, Mutation mutation) {
        int steps = new World(faults, mutation).run().steps;
        for (int step = 1; step <= steps; step++) new World(faults.crash(step), mutation).run();
    }

    private static List<Faults> bases() {
        List<Faults> bases = new ArrayList<>();
        for (Faults.Restart restart : Faults.Restart.values())
            for (Faults.Polls polls : Faults.Polls.values()) bases.add(Faults.NONE.when(restart, polls));
        return bases;
    }

    private static List<Faults> messageFaults(Faults base, int from) {
        List<Faults> all = new ArrayList<>();
        int messages = run(base).messages();
        for (int message = from; message <= messages; message++)
            for (Faults.Message fault : Faults.Message.values()) all.add(base.with(message, fault));
        return all;
    }

    private static int lastFault(Faults faults) {
        return faults.messages().keySet().stream().mapToInt(it -> it).max().orElse(0);
    }
}

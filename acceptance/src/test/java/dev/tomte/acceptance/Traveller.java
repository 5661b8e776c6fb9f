package dev.tomte.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.contracts.MoveState;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;

/** A process of the tests: it prints 1, 2, 3 ... and, when told to end, "OK N" after its own check. */
public interface Traveller extends AutoCloseable {
    String name();

    /** What it has printed. */
    List<String> lines();

    /** Waits until it has printed so many lines more than it has now; it must not end meanwhile. */
    void progress(int more);

    /**
     * How a move ended.
     *
     * @param why what there is to say of it, or nothing
     * @param frozen whether all of the process stood still for it
     */
    record End(MoveState state, String why, boolean frozen) {
        /** Why it was refused, as it must have been before the freeze. */
        String refusal() {
            assertEquals(MoveState.REFUSED, state, this::toString);
            assertFalse(frozen, this::toString);
            return why;
        }
    }

    /**
     * Asks for a move, and returns what it is called.
     *
     * @param target a host, or "home"
     */
    String begin(String target) throws IOException;

    /** Waits for a move's end, whichever it is. */
    End awaitEnd(String move);

    default void go(String target) throws IOException {
        End end = awaitEnd(begin(target));
        assertEquals(MoveState.SETTLED, end.state(), () -> name() + " to " + target + ": " + end);
    }

    /** Asks for a move that must be refused, at once or later, and returns why it is. */
    default String refusal(String target) throws IOException {
        return awaitEnd(begin(target)).refusal();
    }

    /** Which host it is on. */
    String place();

    /** @param signal such as TERM */
    void signal(String signal);

    /** Waits for its end, and returns its exit status. */
    int awaitExit();

    /** Its last lines, for messages. */
    default String tail() {
        List<String> lines = lines();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 8), lines.size()));
    }

    /** Waits until it has ended by itself and found everything right. */
    default void assertEndsWell() {
        assertEquals(0, awaitExit(), this::tail);
        assertTrue(lines().getLast().startsWith("OK "), this::tail);
    }

    /** Ends it, and checks that it found everything right and that every number came once and in order. */
    default void finish() {
        signal("TERM");
        int exit = awaitExit();
        List<String> lines = lines();
        assertEquals(0, exit, () -> name() + "'s own check failed:\n" + tail());
        int count = lines.size() - 1;
        assertEquals("OK " + count, lines.getLast(), this::tail);
        assertEquals(IntStream.rangeClosed(1, count).mapToObj(Integer::toString).toList(), lines.subList(0, count));
    }

    @Override
    void close();
}

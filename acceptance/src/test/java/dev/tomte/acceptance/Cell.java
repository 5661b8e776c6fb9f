package dev.tomte.acceptance;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.Names;
import dev.tomte.contracts.rest.MigrationResource;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One cell of the fault matrix: a counting process whose move stands still at one state. */
final class Cell implements AutoCloseable {
    static final String HOME = "ws1";
    static final String SOURCE = "ws2";
    static final String TARGET = "ws3";
    private static final Duration END = Duration.ofMinutes(2);
    /** Nine at once count, and two cores have other things to do. */
    private static final Duration BEAT = Duration.ofMillis(100);

    private static final Set<MoveState> NOTHING_LOST =
            Set.of(MoveState.SETTLED, MoveState.ROLLED_BACK, MoveState.REFUSED);

    private final String point;
    private final Guest guest;
    private final FailPoint failPoint;
    private @Nullable String migration;

    private Cell(String point, Guest guest) throws IOException {
        this.point = point;
        this.guest = guest;
        this.failPoint = FailPoint.of(guest.id(), point.startsWith("source") ? SOURCE : TARGET, point);
    }

    /** @param point side and state, as {@code source-FROZEN} */
    static Cell at(Fleet fleet, String point) throws IOException {
        Guest guest = Guest.counter(fleet, HOME, Names.fresh("fault"), BEAT);
        guest.migrate(SOURCE);
        guest.progress(2);
        return new Cell(point, guest);
    }

    String process() {
        return guest.id();
    }

    /** Begins the move and waits until it stands at the point. */
    void stand() {
        migration = guest.begin(TARGET);
        failPoint.awaitPaused();
    }

    void release() {
        failPoint.release();
    }

    /** Waits for the end of it all, which must be one of those that lose nothing, and moves it once more, and home. */
    void settle(Checker checker) {
        try {
            end(checker);
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("at " + point + ", process " + guest.id() + ": " + e.getMessage(), e);
        }
    }

    private void end(Checker checker) {
        if (migration == null) throw new IllegalStateException("the move has not begun");
        MigrationResource end = guest.end(migration, END);
        assertTrue(NOTHING_LOST.contains(end.state()), end::toString);
        // past the commit point there is one way only
        if (point.endsWith("COMMITTED")) assertEquals(MoveState.SETTLED, end.state(), end::toString);
        String holder = end.state() == MoveState.SETTLED ? TARGET : SOURCE;
        String other = end.state() == MoveState.SETTLED ? SOURCE : TARGET;
        guest.awaitHolder(holder);
        guest.progress(3);
        await("nothing of it is left on " + other)
                .atMost(END)
                .until(() -> checker.pods(other, guest.id()).isEmpty());
        assertEquals(1, checker.runnable(guest.id()).size());
        guest.migrate(other);
        guest.progress(2);
        guest.migrate("home");
        guest.finish();
    }

    @Override
    public void close() {
        failPoint.close();
        guest.close();
    }
}

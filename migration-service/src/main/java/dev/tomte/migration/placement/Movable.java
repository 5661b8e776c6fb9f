package dev.tomte.migration.placement;

import dev.tomte.contracts.Migration;
import dev.tomte.contracts.ProcessStatus;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A living process, and what of its past matters now.
 *
 * @param holder the host it is on, which its home may not have told yet
 * @param moving whether a move of it is under way, or asked for
 * @param putThere whether somebody asked for it to be where it is
 * @param recentMoves within the last hour, without anybody's asking
 * @param restsUntil it is not placed before
 * @param staysUntil an eviction of it failed, and is not tried again before
 * @param avoided hosts to which its move failed lately
 * @param tie why it is not to leave its home, whatever hosts there are
 */
public record Movable(
        ProcessStatus process,
        String holder,
        boolean moving,
        boolean putThere,
        int recentMoves,
        Instant restsUntil,
        Instant staysUntil,
        Set<String> avoided,
        Optional<String> tie) {
    public Movable {
        avoided = Set.copyOf(avoided);
    }

    /**
     * One whose past is in the journal.
     *
     * @param moves of this process, in any order
     * @param asked whether a move has been asked for that the journal does not tell of yet
     * @param ties to its home
     */
    public static Movable of(
            ProcessStatus process,
            String holder,
            List<Migration> moves,
            boolean asked,
            Instant now,
            Limits limits,
            Ties ties) {
        History history = new History(moves, now, limits);
        return new Movable(
                process,
                holder,
                asked || history.isUnderWay(),
                history.wasPutOn(holder),
                history.recent(),
                history.restsUntil(),
                history.staysUntil(),
                history.avoided(),
                ties.of(process).map(Ties.Tie::why));
    }

    String id() {
        return process.process();
    }

    String home() {
        return process.home();
    }

    boolean isAway() {
        return !holder.equals(home());
    }

    /** Whether it has not begun, and is to begin elsewhere. */
    boolean waits() {
        return process.state() == ProcessStatus.State.WAITING;
    }

    boolean isMemoryKnown() {
        return process.memory() > 0;
    }
}

package dev.tomte.migration.placement;

import dev.tomte.contracts.ProcessStatus;
import java.time.Instant;
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
 */
public record Movable(
        ProcessStatus process,
        String holder,
        boolean moving,
        boolean putThere,
        int recentMoves,
        Instant restsUntil,
        Instant staysUntil,
        Set<String> avoided) {
    public Movable {
        avoided = Set.copyOf(avoided);
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

    boolean isMemoryKnown() {
        return process.memory() > 0;
    }
}

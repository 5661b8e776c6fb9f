package dev.tomte.contracts.rest;

import dev.tomte.contracts.Reason;
import java.util.Map;

/**
 * What sharing has come to.
 *
 * @param hosts that are heard of; {@code available} of them are idle
 * @param processes that live; {@code away} of them are guests
 * @param cpuHomeMicros of the processes of the last day; likewise away
 * @param moves of the last day that were completed, by what they were for
 * @param failed moves of the last day that were not
 * @param idleCores that owners leave, on the hosts that are available
 * @param guestCores that guests use of them, now
 */
public record StatsResource(
        int hosts,
        int available,
        int processes,
        int away,
        long cpuHomeMicros,
        long cpuAwayMicros,
        Map<Reason, Integer> moves,
        int failed,
        double idleCores,
        double guestCores) {
    public StatsResource {
        moves = Map.copyOf(moves);
    }
}

package dev.tomte.migration.placement;

import dev.tomte.contracts.Availability;
import java.time.Instant;
import java.util.List;

/**
 * All that is decided by.
 *
 * @param hosts as each last said
 * @param processes the living ones
 * @param underWay the moves that have been asked for or begun
 */
public record Snapshot(
        Instant now, List<Availability> hosts, List<Movable> processes, List<UnderWay> underWay, Limits limits) {
    /** A move that has not ended. */
    public record UnderWay(String process, String source, String target) {}

    public Snapshot {
        hosts = List.copyOf(hosts);
        processes = List.copyOf(processes);
        underWay = List.copyOf(underWay);
    }
}

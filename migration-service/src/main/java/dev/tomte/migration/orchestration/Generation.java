package dev.tomte.migration.orchestration;

import dev.tomte.contracts.Migration;
import java.time.Instant;
import java.util.List;

/**
 * The generation of a partition's ownership, by which agents and readers of the journal know an owner that has been
 * replaced. The group's own generation does not do: it begins again at 1 when the group has been empty for long, or the
 * broker's data is new while agents remember. So each owner keeps its generation beside the partition's committed
 * offset, which only the group's current member may write, and the next takes a larger one; the seconds since 1970 keep
 * it growing where that has been lost.
 */
final class Generation {
    private static final String MARK = "generation=";

    private Generation() {}

    /** @param committed what {@link #written} had made of the predecessor's; anything else counts as nothing */
    static long next(String committed, List<Migration> journal, Instant now) {
        long next = Math.max(now.getEpochSecond(), read(committed) + 1);
        for (Migration entry : journal) next = Math.max(next, entry.generation() + 1);
        return next;
    }

    static String written(long generation) {
        return MARK + generation;
    }

    private static long read(String committed) {
        if (!committed.startsWith(MARK)) return 0;
        try {
            return Long.parseLong(committed.substring(MARK.length()));
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}

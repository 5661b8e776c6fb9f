package dev.tomte.contracts;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * A migration's journal entry, on {@link Topics#MIGRATIONS}; written by the replica that owns the process's partition,
 * before it acts on it.
 *
 * @param state where it stands
 * @param reason what it is for
 * @param why the same in words
 * @param rejected the hosts that were not taken, where one was chosen
 * @param message why it was refused, rolled back or lost; else empty
 * @param times when each state was entered
 * @param micros duration of each phase, as in {@link Outcome}
 * @param generation of the partition's ownership under which it was written
 */
public record Migration(
        Command.MovePlan plan,
        String name,
        MoveState state,
        Reason reason,
        String who,
        String why,
        List<Rejected> rejected,
        String message,
        Map<MoveState, Instant> times,
        Map<String, Long> micros,
        long bytes,
        long generation) {
    public Migration {
        rejected = List.copyOf(rejected);
        times = Map.copyOf(times);
        micros = Map.copyOf(micros);
    }

    public String id() {
        return plan.migration();
    }
}

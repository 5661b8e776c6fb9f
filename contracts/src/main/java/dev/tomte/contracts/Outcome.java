package dev.tomte.contracts;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What became of a command, on {@link Topics#OUTCOMES}, keyed by process.
 *
 * @param migration null for one that answers a start or a signal
 * @param state where the migration stands now; null where there is none
 * @param ok whether a start or a signal was done
 * @param message why not, naming the thing; else empty
 * @param micros duration of each phase that has ended, in microseconds. Of the target: prepare (room made),
 *     restore, resume; of the source: ready (transfer open), freeze, dump, transfer (what came after the dump), restore,
 *     commit, settle (copy destroyed), frozen (all of the time the process stood still)
 * @param bytes of the images that were sent
 */
public record Outcome(
        String process,
        String host,
        @Nullable String migration,
        @Nullable MoveState state,
        boolean ok,
        String message,
        Map<String, Long> micros,
        long bytes,
        Instant at) {
    public Outcome {
        micros = Map.copyOf(micros);
    }
}

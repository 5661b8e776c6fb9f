package dev.tomte.benchmarks.cluster;

import dev.tomte.benchmarks.freeze.Median;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.rest.MigrationResource;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Moves that have been made, by phase. */
final class Moves {
    private final Map<String, List<Long>> phases = new TreeMap<>();
    private final List<Long> whole = new ArrayList<>();

    /** @throws IOException if it did not come to its end */
    void add(MigrationResource move) throws IOException {
        Instant begin = move.times().get(MoveState.REQUESTED);
        Instant end = move.times().get(MoveState.SETTLED);
        if (move.state() != MoveState.SETTLED || begin == null || end == null)
            throw new IOException(move.state() + ": " + move.message());
        move.micros()
                .forEach((phase, micros) ->
                        phases.computeIfAbsent(phase, p -> new ArrayList<>()).add(micros));
        whole.add(Duration.between(begin, end).toNanos() / 1000);
    }

    int count() {
        return whole.size();
    }

    /** Medians in milliseconds; those of phases do not add up. */
    void print(String where) {
        StringBuilder detail = new StringBuilder();
        phases.forEach((phase, values) -> {
            if (!phase.equals("frozen")) detail.append(" %s %.1f".formatted(phase, Median.of(values) / 1e3));
        });
        System.out.printf(
                "%-8s frozen %8.1f ms, whole %8.1f ms, of %d moves; by phase:%s%n",
                where,
                Median.of(phases.getOrDefault("frozen", List.of())) / 1e3,
                Median.of(whole) / 1e3,
                count(),
                detail);
    }
}

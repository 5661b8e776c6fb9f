package dev.tomte.benchmarks.freeze;

import java.util.List;

/** Medians of microseconds. */
public final class Median {
    private Median() {}

    public static long of(List<Long> values) {
        if (values.isEmpty()) return 0;
        List<Long> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}

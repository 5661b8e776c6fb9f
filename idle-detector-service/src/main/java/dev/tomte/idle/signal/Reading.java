package dev.tomte.idle.signal;

/** What a signal gave when it was read last. */
public sealed interface Reading<T> {
    /**
     * A value.
     *
     * @param at when it was true, by the detector's {@link MonotonicClock}
     */
    record Known<T>(T value, long at) implements Reading<T> {}

    /**
     * The kernel or the host does not have what the signal reads, and says so: it does not count.
     *
     * @param why in words
     */
    record Absent<T>(String why) implements Reading<T> {}

    /**
     * It should be there but cannot be read: whoever judges must assume the worst.
     *
     * @param why in words
     */
    record Unknown<T>(String why) implements Reading<T> {}
}

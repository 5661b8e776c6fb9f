package dev.tomte.idle.signal;

/** What tests ask of readings. */
final class Readings {
    static final long SECOND = 1_000_000_000L;

    private Readings() {}

    static <T> T known(Reading<T> reading) {
        return switch (reading) {
            case Reading.Known<T>(T value, long at) -> value;
            case Reading.Absent<T> absent -> throw new AssertionError("nothing is known: " + absent);
            case Reading.Unknown<T> unknown -> throw new AssertionError("nothing is known: " + unknown);
        };
    }
}

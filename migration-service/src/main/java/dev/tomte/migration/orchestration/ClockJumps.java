package dev.tomte.migration.orchestration;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/** Notices that somebody has set the time of day. One thread. */
final class ClockJumps {
    /** More than a clock is slewed between two looks. */
    private static final Duration JUMP = Duration.ofSeconds(5);

    private final InstantSource wall;
    private final LongSupplier nanos;
    private Instant lastWall;
    private long lastNanos;

    /** @param nanos a clock that nobody sets, {@link System#nanoTime} */
    ClockJumps(InstantSource wall, LongSupplier nanos) {
        this.wall = wall;
        this.nanos = nanos;
        lastWall = wall.instant();
        lastNanos = nanos.getAsLong();
    }

    /** Whether it has jumped since the last look, in whichever direction. */
    boolean hasJumped() {
        Instant now = wall.instant();
        long then = nanos.getAsLong();
        Duration drift = Duration.between(lastWall, now).minusNanos(then - lastNanos);
        lastWall = now;
        lastNanos = then;
        return drift.abs().compareTo(JUMP) > 0;
    }
}

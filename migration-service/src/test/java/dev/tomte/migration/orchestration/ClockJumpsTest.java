package dev.tomte.migration.orchestration;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class ClockJumpsTest {
    private final AtomicReference<Instant> wall = new AtomicReference<>(Instant.parse("2026-11-29T12:00:00Z"));
    private final AtomicLong nanos = new AtomicLong(7);
    private final ClockJumps jumps = new ClockJumps(wall::get, nanos::get);

    private void passes(Duration time, Duration set) {
        nanos.addAndGet(time.toNanos());
        wall.updateAndGet(now -> now.plus(time).plus(set));
    }

    @Test
    void aJumpIsNoticedOnceAndTimeThatPassesIsNone() {
        assertFalse(jumps.hasJumped());
        passes(Duration.ofDays(1), Duration.ofMillis(200));
        assertFalse(jumps.hasJumped());
        passes(Duration.ofSeconds(1), Duration.ofHours(1));
        assertTrue(jumps.hasJumped());
        assertFalse(jumps.hasJumped());
        passes(Duration.ofSeconds(1), Duration.ofHours(-2));
        assertTrue(jumps.hasJumped());
        assertFalse(jumps.hasJumped());
    }
}

package dev.tomte.benchmarks.placement;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Three days of a small office, through the shipped placement. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class MonthTest {
    @Test
    void sharingPaysAndOwnersAreLeftAlone() {
        Month.Result alone = new Month(10, false, 7).run(3);
        Month.Result shared = new Month(10, true, 7).run(3);
        assertTrue(shared.idle() > 0.6 && shared.idle() < 0.85, shared::toString);
        assertTrue(shared.processes() > 500, shared::toString);
        assertTrue(shared.slowdown() < alone.slowdown() / 1.5, () -> alone + "\n" + shared);
        assertTrue(shared.away() > 0.3, shared::toString);
        assertEquals(0, shared.guestOnBusy(), shared::toString);
        assertTrue(shared.evictionsPerHour() > 0, shared::toString);
    }

    @Test
    void theSameSeedGivesTheSameMonth() {
        Month.Result one = new Month(6, true, 3).run(1);
        Month.Result other = new Month(6, true, 3).run(1);
        assertEquals(one.moves(), other.moves());
        assertEquals(one.slowdown(), other.slowdown());
    }
}

package dev.tomte.fleet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class SlownessTest {
    @Test
    void isOneUnlessSaid() {
        assertEquals(1, Slowness.parse(null));
        assertEquals(1, Slowness.parse(""));
        assertEquals(30, Slowness.parse("30"));
    }

    @Test
    void whatIsNoSlownessIsNamed() {
        for (String wrong : List.of("0", "-1", "101", "fast", "2.5")) {
            FleetException why = assertThrows(FleetException.class, () -> Slowness.parse(wrong));
            assertEquals("TOMTE_SLOWNESS is to be a number from 1 to 100, not '" + wrong + "'", why.getMessage());
        }
    }
}

package dev.tomte.fleet;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How many times slower this machine is than one of today's: {@code TOMTE_SLOWNESS} in the environment, 1 if it is not
 * there. Only who waits for the fleet asks; no promise of a service's to another depends on it.
 */
public final class Slowness {
    private static final String VARIABLE = "TOMTE_SLOWNESS";
    private static final int MOST = 100;

    private Slowness() {}

    /** How long to wait here for what takes at most that long elsewhere. */
    public static Duration limit(Duration elsewhere) {
        return elsewhere.multipliedBy(times());
    }

    public static int times() {
        return parse(System.getenv(VARIABLE));
    }

    static int parse(@Nullable String text) {
        if (text == null || text.isEmpty()) return 1;
        try {
            int times = Integer.parseInt(text);
            if (times >= 1 && times <= MOST) return times;
        } catch (NumberFormatException e) {
            throw new FleetException(wrong(text), e);
        }
        throw new FleetException(wrong(text));
    }

    private static String wrong(String text) {
        return "%s is to be a number from 1 to %d, not '%s'".formatted(VARIABLE, MOST, text);
    }
}

package dev.tomte.idle;

/** Hears of a host's availability: at once when it changes, and every 3 s in between. */
@FunctionalInterface
public interface AvailabilityListener {
    /**
     * Called by a thread of its own, one call at a time, always with the newest: a listener that takes long misses what
     * was in between, and delays nobody else. What it throws is logged.
     */
    void told(HostAvailability availability);
}

package dev.tomte.idle;

import java.io.IOException;

/** How a host is watched: in the agent's own process, or in one beside it. */
@FunctionalInterface
public interface Detection {
    /**
     * Begins.
     *
     * @param agent hears of the owner's return first
     * @throws IOException if the host cannot be watched
     */
    Detector begin(OwnerReturned agent, AvailabilityListener listener) throws IOException;
}

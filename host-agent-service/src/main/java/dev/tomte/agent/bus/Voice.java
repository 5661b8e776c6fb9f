package dev.tomte.agent.bus;

import dev.tomte.agent.process.Site;
import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Outcome;

/** All that a host says to everybody. Saying does not wait. Any thread. */
public interface Voice extends Site.Statuses {
    /** @param heard called, by any thread, when it cannot be lost any more */
    void publish(Outcome outcome, Runnable heard);

    void publish(Availability availability);
}

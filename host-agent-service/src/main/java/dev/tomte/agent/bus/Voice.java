package dev.tomte.agent.bus;

import dev.tomte.agent.move.Outcomes;
import dev.tomte.agent.process.Site;
import dev.tomte.contracts.Availability;

/** All that a host says to everybody. Saying does not wait. Any thread. */
public interface Voice extends Outcomes, Site.Statuses {
    void publish(Availability availability);
}

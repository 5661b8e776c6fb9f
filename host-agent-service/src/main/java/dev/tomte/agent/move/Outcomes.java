package dev.tomte.agent.move;

import dev.tomte.contracts.Outcome;

/** Where outcomes are told. Does not throw and does not wait for a broker: it queues, in order. */
@FunctionalInterface
public interface Outcomes {
    void publish(Outcome outcome);
}

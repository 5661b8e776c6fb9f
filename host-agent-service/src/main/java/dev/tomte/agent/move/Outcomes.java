package dev.tomte.agent.move;

import dev.tomte.contracts.Outcome;

/** Where outcomes are told. Does not throw and does not wait for a broker. */
public interface Outcomes {
    /** Queues it, in order; what has not been told when the agent is killed is lost, unless it was kept. */
    void publish(Outcome outcome);

    /**
     * Keeps the end of a move, which is to be published soon: an agent that comes after one that was killed before it had
     * told of it publishes it. When this returns, it is kept.
     */
    void keep(Outcome end);
}

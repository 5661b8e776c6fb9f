package dev.tomte.agent.tree;

import java.io.IOException;
import java.time.Duration;

/** The way of a tree's output to its home. */
@FunctionalInterface
public interface Outflow {
    /**
     * Waits until all that the frozen tree has written is at home.
     *
     * @throws IOException if it is not within that time
     */
    void drain(Duration within) throws IOException;
}

package dev.tomte.agent.tree;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** The way of a tree's file calls to its home; at home there is nothing between them. */
public interface HomeFiles {
    HomeFiles AT_HOME = (pids, within) -> 0;

    /**
     * Writes out what shared mappings have dirtied and waits until home has done all that was asked of it.
     *
     * @param pids the tree
     * @return how many file locks it holds at home
     * @throws IOException if home does not answer in time
     */
    int fence(List<Integer> pids, Duration within) throws IOException;
}

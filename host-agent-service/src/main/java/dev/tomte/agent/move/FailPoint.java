package dev.tomte.agent.move;

/** Named points of a move at which tests stop, kill and cut real processes. */
@FunctionalInterface
public interface FailPoint {
    /**
     * Called when a move has come this far; returns at once unless a test wants it to stand here.
     *
     * @param name the side and the state, as {@code source-FROZEN} or {@code target-RESTORED}
     * @param process whose move it is
     */
    void reached(String name, String process);
}

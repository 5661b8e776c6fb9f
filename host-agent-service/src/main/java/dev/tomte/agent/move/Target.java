package dev.tomte.agent.move;

import dev.tomte.agent.tree.Tree.Checkpoint;
import dev.tomte.contracts.Command.MovePlan;
import java.io.IOException;

/** The target's agent, as the source of one move speaks to it. Blocking. */
public interface Target {
    /**
     * Begins the transfer; returns when the target is ready for the images.
     *
     * @param memoryBytes what they will hold, about
     * @throws IOException if it is not, or has no room for so much, the message saying why
     */
    Transfer open(long memoryBytes) throws IOException;

    /** A hint that the register has been decided; the target reads it itself. Returns when it has acted on it. */
    void decide(Register register) throws IOException;

    /** Where a plan's target is found. */
    interface Targets {
        Target of(MovePlan plan);
    }

    /** The images' way. A transfer that is closed before the target has answered RESTORED makes it drop all it has. */
    interface Transfer extends AutoCloseable {
        /** Blocks while the target is slow. Each file's pieces come in order, without a gap. */
        void send(String file, long offset, byte[] data) throws IOException;

        /**
         * Says that this was all, and waits until the target has restored.
         *
         * @return how long the restore took, microseconds
         * @throws IOException if it failed or no answer came; it may have restored all the same
         */
        long end(Checkpoint checkpoint, long files, long bytes) throws IOException;

        @Override
        void close();
    }
}

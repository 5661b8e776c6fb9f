package dev.tomte.agent.move;

import dev.tomte.agent.tree.Tree.Checkpoint;
import dev.tomte.contracts.Command.MovePlan;
import java.io.IOException;
import java.nio.ByteBuffer;

/** The target's agent, as the source of one move speaks to it. Blocking. */
public interface Target {
    /**
     * Begins the transfer; returns when the target is ready for the images, and has all waiting that restores them.
     *
     * @param checkpoint what comes
     * @throws IOException if it is not, or has no room for so much, the message saying why
     */
    Transfer open(Checkpoint checkpoint) throws IOException;

    /**
     * A hint that the register has been decided; the target reads it itself. Returns when it has acted on it.
     *
     * @return how long its copy has been running when it answered, microseconds; 0 if none does
     */
    long decide(Register register) throws IOException;

    /** Where a plan's target is found. */
    interface Targets {
        Target of(MovePlan plan);
    }

    /** The images' way. A transfer that is closed before the target has answered RESTORED makes it drop all it has. */
    interface Transfer extends AutoCloseable {
        /** Whether the target takes memory in layers, of which each has what has changed since the one before. */
        boolean takesLayers();

        /** How much memory the target takes before the process stands, bytes; 0: none. */
        long precopyRoom();

        /**
         * Says what the images will hold by now; returns when the target keeps room for it.
         *
         * @throws IOException if it has none, the message saying why
         */
        void grown(long memoryBytes) throws IOException;

        /**
         * Sends all that is left of the data, at most 256 KiB; blocks while the target is slow. Each file's pieces come in
         * order, without a gap.
         *
         * @param layer of memory, from 1 on; 0: none, as all other images
         */
        void send(int layer, String file, long offset, ByteBuffer data) throws IOException;

        /** Says that this was all: the target may restore from now on, whatever becomes of this call. */
        void end(long files, long bytes) throws IOException;

        /**
         * After {@link #end}: returns when the target has restored.
         *
         * @return how long the restore took, microseconds
         * @throws IOException if it failed or no answer came; it may have restored all the same
         */
        long awaitRestored() throws IOException;

        @Override
        void close();
    }
}

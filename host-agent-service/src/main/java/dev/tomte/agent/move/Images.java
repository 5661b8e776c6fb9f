package dev.tomte.agent.move;

import dev.tomte.agent.tree.Tree;
import dev.tomte.agent.tree.Tree.Checkpoint;
import dev.tomte.contracts.Command.MovePlan;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;

/** Checkpoints in this host's memory. */
public interface Images {
    /** Has all ready that dumps the tree, which runs on. */
    Leaving leave(MovePlan plan, Tree tree) throws IOException;

    /** Where the images of a plan are put when they arrive. */
    Arriving receive(MovePlan plan) throws IOException;

    /** Frees what is left of a plan's images at this host. */
    void discard(MovePlan plan);

    /** A checkpoint that is to leave. One thread. */
    interface Leaving extends AutoCloseable {
        /** What the target must know of it beforehand. */
        Checkpoint checkpoint();

        /**
         * Copies the tree's memory to the target while it runs, so that less is left to be sent when it stands. Returns
         * when little is left, there is no room for more, or it is not wanted any more.
         *
         * @param wanted asked again and again
         * @throws IOException if the target fails
         */
        void precopy(Target.Transfer transfer, BooleanSupplier wanted) throws IOException;

        /**
         * Dumps the tree, which is frozen now, and sends its images meanwhile; returns when all is sent.
         *
         * @throws IOException if either failed
         */
        Sent send(Target.Transfer transfer) throws IOException;

        /**
         * Waits until nothing but its freezer holds the tree that was dumped.
         *
         * @throws IOException if it may not be as it was before
         */
        void end() throws IOException;

        /**
         * Ends what is only ready, and waits for a dump that runs. Images that were made stay until they are discarded.
         */
        @Override
        void close();
    }

    /** @param dumpMicros how long the dump took, of the time that sending took as a whole */
    record Sent(long files, long bytes, long dumpMicros) {}

    /** A checkpoint that arrives. One thread at a time. */
    interface Arriving {
        /** The directory the images are in. */
        Path directory();

        /**
         * @param layer of memory, from 1 on; 0: none, as all other images
         * @throws IOException if the name is not a plain file name, or the piece does not follow the last one
         */
        void write(int layer, String file, long offset, ByteBuffer data) throws IOException;

        /** @throws IOException if these are not as many files and bytes as have arrived */
        void end(long files, long bytes) throws IOException;
    }
}

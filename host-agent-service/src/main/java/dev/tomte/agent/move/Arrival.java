package dev.tomte.agent.move;

import dev.tomte.agent.tree.Tree.Checkpoint;
import java.io.IOException;

/** A transfer that this host receives. Calls come in the order of the frames, from one thread at a time. */
public interface Arrival {
    void write(String file, long offset, byte[] data) throws IOException;

    /**
     * All is here: restores it. When this returns, RESTORED is to be answered.
     *
     * @return how long the restore took, microseconds
     */
    long end(Checkpoint checkpoint, long files, long bytes) throws IOException;

    /** The transfer has ended without an answer of RESTORED having been given, or a call here has failed. */
    void broken();
}

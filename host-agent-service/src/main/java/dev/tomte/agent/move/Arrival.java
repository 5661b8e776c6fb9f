package dev.tomte.agent.move;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A transfer that this host receives. Calls come in the order of the frames, from one thread at a time. */
public interface Arrival {
    /** How much memory is taken before the process stands, bytes; 0: none. */
    long precopyRoom();

    /**
     * More comes than was said when it began.
     *
     * @throws IOException if there is no room for it, the message saying why
     */
    void grown(long memoryBytes) throws IOException;

    /** Takes all that is left of the data, which is the caller's again afterwards. */
    void write(int layer, String file, long offset, ByteBuffer data) throws IOException;

    /**
     * All is here: restores it. When this returns, RESTORED is to be answered.
     *
     * @return how long the restore took, microseconds
     */
    long end(long files, long bytes) throws IOException;

    /** The transfer has ended without an answer of RESTORED having been given, or a call here has failed. */
    void broken();
}

package dev.tomte.agent.streams;

import dev.tomte.stub.StandardStream;
import java.io.IOException;

/** Where a guest's output goes: its home. Blocking. */
@FunctionalInterface
public interface HomeOutput {
    /**
     * Sends bytes, or asks by sending none.
     *
     * @param epoch that the process has here
     * @param offset of the first byte, counted from the begin of that epoch
     * @return the offset that the home has reached in that epoch
     * @throws IOException if no answer came; the same may be sent again
     */
    long send(StandardStream stream, long epoch, long offset, byte[] bytes) throws IOException;
}

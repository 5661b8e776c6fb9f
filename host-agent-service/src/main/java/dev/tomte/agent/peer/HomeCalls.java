package dev.tomte.agent.peer;

import dev.tomte.agent.move.Home;
import dev.tomte.agent.move.Register;
import dev.tomte.wire.ExitReport;
import dev.tomte.wire.FeedChunk;
import dev.tomte.wire.FeedReached;
import dev.tomte.wire.InputChunk;
import dev.tomte.wire.InputQuestion;
import dev.tomte.wire.LogsQuestion;
import dev.tomte.wire.OutputChunk;
import java.io.IOException;
import java.time.Duration;

/**
 * What this host answers as the home of processes. The caller is the host its certificate names, already proven to be
 * one of the fleet's hosts; whether it may say what it says of this process is for the implementation to check against
 * the register. An {@link IOException} answers "cannot say now", so that the caller asks again. Blocking; any thread.
 */
public interface HomeCalls {
    /**
     * @throws Home.Gone only if this incarnation has certainly ended; while the agent still looks for its pods after a
     *     restart that is an IOException
     */
    Register read(String process, String incarnation) throws IOException, Home.Gone;

    /**
     * The same, but waits until the register has passed that epoch, so long at most and not longer than the home cares
     * to.
     */
    Register awaitDecision(String process, String incarnation, long epoch, Duration atMost)
            throws IOException, Home.Gone;

    /**
     * If the register is what is expected, makes it (incarnation, epoch + 1, newHolder). That the caller is the
     * expected holder has been checked.
     *
     * @return the register afterwards, whoever changed it
     */
    Register compareAndSet(String process, Register expected, String newHolder) throws IOException, Home.Gone;

    /** Writes a guest's output once per (epoch, stream, offset); the offset reached. */
    long output(String caller, OutputChunk chunk) throws IOException, Home.Gone;

    /** What comes next of a guest's standard input; waits for it as long as the question says, up to a bound. */
    InputChunk input(String caller, InputQuestion question) throws IOException, Home.Gone;

    /** Takes bytes for a process's standard input; waits for a while where there is no room for any. */
    FeedReached feed(FeedChunk chunk) throws IOException, Home.Gone;

    /** The process has exited at its holder; true when that is safely known at the home. */
    boolean exited(String caller, ExitReport report) throws IOException;

    /** Streams the home pod's log into the sink until its end or, if it is to follow, until the process has ended. */
    void logs(LogsQuestion question, LogSink sink) throws IOException;

    /** Takes a log, piece by piece; blocks while the reader is slow. */
    interface LogSink {
        /** @throws IOException if the reader has gone */
        void take(long offset, byte[] data) throws IOException;

        /** Whether anybody still reads: to be asked now and then while there is nothing to give. */
        boolean isOpen();
    }
}

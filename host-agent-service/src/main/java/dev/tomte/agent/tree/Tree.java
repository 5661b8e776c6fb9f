package dev.tomte.agent.tree;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The process tree in one pod of this host, home or guest. One thread at a time moves it. */
public interface Tree {
    /** What keeps it from being moved, each naming the thing; empty: nothing that can be seen. Freezes nothing. */
    List<String> obstacles() throws IOException;

    /**
     * Stops every task of it; returns when all stand.
     *
     * @throws FreezeTimeout past the deadline; it runs again then, and the message names what would not stop
     */
    void freeze(Duration deadline) throws IOException, FreezeTimeout;

    boolean isFrozen() throws IOException;

    void thaw() throws IOException;

    /**
     * Writes its checkpoint into the directory while it stays frozen. Never interrupted: a running criu is waited for.
     */
    Checkpoint dump(Path images) throws IOException;

    /** Frozen: sees that all it has written to its streams is at home. */
    void drainOutput() throws IOException;

    /** Kills the frozen copy and waits until nothing is left of it. Its end is no exit of the process. */
    void destroy() throws IOException;

    /** CPU time it has used in this pod, microseconds. */
    long cpuMicros() throws IOException;

    /** What its images will hold if it is dumped now, bytes; what several of its processes share is counted for each. */
    long memoryBytes() throws IOException;

    /** It did not stop within its deadline. */
    final class FreezeTimeout extends Exception {
        public FreezeTimeout(String message) {
            super(message);
        }
    }

    /** What the target must know besides the image files. */
    record Checkpoint(int rootPid, long stdoutInode, long stderrInode) {}

    /** Room for a tree at its target: a guest pod with the home's files, or the home pod itself. */
    interface Room {
        /**
         * Starts what restores, so that little is left to do when the images are here. The process does not run yet.
         */
        void makeReady(Path images) throws IOException;

        /** Restores the images; when it returns the tree stands frozen and nothing of it has run. */
        void restore(Path images, Checkpoint checkpoint) throws IOException;

        /** Lets the restored tree run; from here on its exit is the process's. May be told twice. */
        void run() throws IOException;

        /** Kills the restored tree, if there is one, and takes down a guest pod; leaves a home pod as it was. */
        void destroy() throws IOException;
    }
}

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

    /** Starts what writes its checkpoint, so that little is left to do when it stands. It runs on meanwhile. */
    Dump readyDump(Path images) throws IOException;

    /** Frozen: sees that all it has written to its streams is at home, and that home knows how much it has read. */
    void drainOutput() throws IOException;

    /**
     * The register has decided that the process is elsewhere: what of this frozen copy others could take goes to it. Again:
     * no effect; {@link #destroy} sees to it too.
     */
    default void leave() throws IOException {}

    /** Kills the frozen copy and waits until nothing is left of it. Its end is no exit of the process. */
    void destroy() throws IOException;

    /** Its processes, as this host numbers them. */
    List<Integer> processes() throws IOException;

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

    /** A checkpoint that is not written yet. One thread. */
    interface Dump extends AutoCloseable {
        Checkpoint checkpoint();

        /**
         * Has it leave out memory that can be read from the processes themselves while it is written, and says in its images
         * which that is.
         *
         * @return whether it does; else all memory is in the images
         */
        boolean leaveMemory() throws IOException;

        /**
         * Writes it while the tree stays frozen; what writes may still hold the tree when this returns. Never interrupted: a
         * running criu is waited for.
         */
        void write() throws IOException;

        /**
         * Waits until nothing but its freezer holds the tree.
         *
         * @throws IOException if it may not be as it was before
         */
        void end() throws IOException;

        /** Ends what waits, and waits for what works; nothing of it is in the pod then. */
        @Override
        void close();
    }

    /**
     * What the target must know besides the image files; known before they are written.
     *
     * @param fed whether its standard input is fed
     * @param stdinInode of the pipe that is its standard input, if that is fed
     * @param memoryBytes what the images will hold, about
     */
    record Checkpoint(int rootPid, boolean fed, long stdinInode, long stdoutInode, long stderrInode, long memoryBytes) {
        /** Of a process that has run nowhere yet: its home and its guests' stubs are 1, and nothing else is there. */
        private static final int FIRST_PID = 2;

        /** Of what has not begun: instead of images there is a program. */
        public static Checkpoint unbegun(boolean fed) {
            return new Checkpoint(FIRST_PID, fed, 0, 0, 0, 0);
        }

        public boolean hasBegun() {
            return stdoutInode != 0;
        }

        /** More than x86-64 can address: 47 bits of user space (Linux, Documentation/arch/x86/x86_64/mm.rst). */
        private static final long TOO_MUCH = 1L << 47;

        public Checkpoint {
            requireSize(memoryBytes);
        }

        /** @throws IllegalArgumentException if no process can have so much memory */
        public static long requireSize(long memoryBytes) {
            if (memoryBytes < 0 || memoryBytes >= TOO_MUCH)
                throw new IllegalArgumentException(memoryBytes + " bytes are no size of a process");
            return memoryBytes;
        }
    }

    /** Room for a tree at its target: a guest pod with the home's files, or the home pod itself. */
    interface Room {
        /** Does what can be done before it is known what comes. */
        void makeReady() throws IOException;

        /** Starts what restores, so that little is left to do when the images are there. */
        void readyRestore(Path images, Checkpoint checkpoint) throws IOException;

        /** Restores the images, which are there now; when it returns the tree stands frozen and nothing of it has run. */
        void restore() throws IOException;

        /** Lets the restored tree run; from here on its exit is the process's. May be told twice. */
        void run() throws IOException;

        /** Kills the restored tree, if there is one, and takes down a guest pod; leaves a home pod as it was. */
        void destroy() throws IOException;
    }
}

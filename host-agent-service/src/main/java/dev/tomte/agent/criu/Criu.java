package dev.tomte.agent.criu;

import dev.tomte.stub.Streams;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Checkpoint and restore of a process tree. Both are started beforehand, and wait: what they have to do before they look
 * at the tree or its images is then no part of a freeze. Blocking; any thread.
 */
public interface Criu {
    /**
     * Starts a dump, which waits; the tree runs on meanwhile.
     *
     * @param root the PID of the tree's root in the pod
     * @param images an empty directory on a tmpfs
     * @throws IOException if it could not be started; the message is CRIU's own, and names no content of memory
     */
    Dump readyDump(Place place, int root, Path images) throws IOException;

    /**
     * Starts a restore into the pod's {@code tree} cgroup, which waits; the images need not be there yet.
     *
     * @param streams the pipes that take the places of those that were the tree's standard streams; closed with the restore
     * @throws IOException as of {@link #readyDump}; the streams are closed
     */
    Restore readyRestore(Place place, Path images, Streams streams, PipeInodes inodes) throws IOException;

    /**
     * Instead of a restore: has a program begin that has run nowhere yet. It waits for its {@link Program}, which is where
     * images would be; {@link Restore#run} makes its process, which has not run a line of it then.
     *
     * @param streams what becomes its standard streams; closed with the restore
     * @param pid that its process shall have in the pod
     */
    Restore readyBegin(Place place, Path images, Streams streams, int pid);

    /** A dump that waits. One thread. */
    interface Dump extends AutoCloseable {
        /**
         * From now on it leaves out memory that can be read from the processes themselves: what is private, and neither
         * locked nor code of a file. The images say of which addresses. Whoever reads it need not wait for the dump to end,
         * but for what criu/README.md says.
         */
        void leaveMemory();

        /**
         * Writes the images of the tree, which is frozen, and stays so. When this returns all are written; the tree is
         * let go of meanwhile. Never interrupted: a running dump is waited for.
         *
         * @throws IOException if it failed; the message is CRIU's own, and names no content of memory
         */
        void run() throws IOException;

        /**
         * Waits until the tree has been let go of, and stands as before.
         *
         * @throws IOException if it did not end well
         */
        void end() throws IOException;

        /**
         * Ends it if it still waits, as the end of this JVM does; one that runs is waited for. When this returns, nothing of
         * it is in the pod.
         */
        @Override
        void close();
    }

    /** A restore that waits. One thread. */
    interface Restore extends AutoCloseable {
        /**
         * Makes the tree of the images, which are all there now. When it is made, and has not run, {@code stand} sees to
         * it that it stays so; then CRIU ends and this returns. If it fails, parts of the tree may be left in the pod's
         * {@code tree} cgroup.
         *
         * @param files open files that tasks get as they are; they stay the caller's
         * @throws IOException if it failed; the message is CRIU's own, and names no content of memory
         */
        void run(List<TaskFile> files, Stand stand) throws IOException;

        /** Ends it if it still waits, as the end of this JVM does. */
        @Override
        void close();
    }

    /** Called when all of the restored tree is there, and no line of it has run. */
    @FunctionalInterface
    interface Stand {
        /** @throws IOException if it cannot be made sure that it stands: the tree is killed then */
        void hold() throws IOException;
    }
}

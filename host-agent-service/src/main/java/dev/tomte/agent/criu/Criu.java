package dev.tomte.agent.criu;

import dev.tomte.stub.Streams;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/** Checkpoint and restore of a process tree. Blocking; any thread. */
public interface Criu {
    /** Does beforehand what any first dump or restore at this host would spend its time with; may be called often. */
    void warm(Place place);

    /**
     * Writes the images of a tree that is frozen, and stays so. Never interrupted: a running dump is waited for.
     *
     * @param root the PID of the tree's root in the pod
     * @param images an empty directory on a tmpfs
     * @throws IOException if it failed; the message is CRIU's own, and names no content of memory
     */
    void dump(Place place, int root, Path images) throws IOException;

    /**
     * Makes the tree of these images. When the tree is there, and has not run, {@code stand} sees to it that it stays
     * so; then CRIU ends and this returns. If it fails, parts of the tree may be left in the pod's {@code tools} cgroup.
     *
     * @param streams the pipes that take the places of the two that were the tree's stdout and stderr
     * @param stdoutInode what the images call the pipe that was stdout
     */
    void restore(Place place, Path images, Streams streams, long stdoutInode, long stderrInode, Stand stand)
            throws IOException;

    /** Called when all of the restored tree stands, and no line of it has run. */
    @FunctionalInterface
    interface Stand {
        /**
         * @param criu those in the pod's {@code tools} cgroup that are not the tree
         * @throws IOException if it cannot be made sure: the tree is killed then
         */
        void hold(Set<Integer> criu) throws IOException;
    }
}

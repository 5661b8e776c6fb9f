package dev.tomte.agent.locks;

import dev.tomte.agent.criu.TaskFile;
import java.io.IOException;
import java.util.List;

/**
 * The file locks of a tree in one pod. A lock of an open file (flock(2), F_OFD_SETLK) moves with it: the home keeps the
 * open file while source and target both have it, so that its lock is held by somebody at any moment. A POSIX lock
 * belongs to a process, and no other can take it over without a moment in which it is free: it does not move.
 */
public interface Locks {
    /**
     * What of them does not move, each naming the thing. The tree runs on.
     *
     * @param atHome how many an away tree holds at home
     */
    List<String> obstacles(int atHome) throws IOException;

    /**
     * The tree stands: has the home keep its open files with locks for the target.
     *
     * @param atHome how many an away tree holds at home
     * @throws IOException if there is one that does not move; the message names it
     */
    List<HeldFile> hold(int atHome) throws IOException;

    /** The tree has not moved: what was held for a target is not needed any more. */
    void letGo();

    /** What a restore here is to be given, as it is; the caller closes it. */
    List<TaskFile> take(List<HeldFile> files) throws IOException;

    /** The tree has been restored here, and stands: its locks are its own from now on. */
    void adopt(List<HeldFile> files) throws IOException;
}

package dev.tomte.agent.locks;

import dev.tomte.agent.criu.TaskFile;
import java.io.IOException;
import java.util.List;

/**
 * The file locks of a tree in one pod. A lock of an open file (flock(2), F_OFD_SETLK) moves with it: the home keeps the
 * open file while source and target both have it, so that its lock is held by somebody at any moment. What a process has
 * locked for itself (F_SETLK) goes, when the register has been decided, from its copy at home to an open file that home
 * holds for it, or back; from one guest to another that open file moves.
 */
public interface Locks {
    /**
     * What of them does not move, each naming the thing. The tree runs on.
     *
     * @param atHome how many an away tree holds at home
     */
    List<String> obstacles(int atHome) throws IOException;

    /**
     * The tree stands: has the home keep for the target what it holds.
     *
     * @param atHome how many an away tree holds at home
     * @throws IOException if there is one that does not move; the message names it
     */
    HeldFiles hold(int atHome) throws IOException;

    /** The tree has not moved: what was held for a target is not needed any more. */
    void letGo();

    /** The register has decided that the tree, which stands, is elsewhere. Again: no effect. */
    void leave() throws IOException;

    /** What a restore here is to be given, as it is; the caller closes it. */
    List<TaskFile> take(List<HeldFile> files) throws IOException;

    /** The tree has been restored here, and stands: its locks are its own as soon as it runs. */
    void adopt(HeldFiles held) throws IOException;

    /** The register has decided that the tree, which stands, is here. Again: no effect. */
    void arrive() throws IOException;
}

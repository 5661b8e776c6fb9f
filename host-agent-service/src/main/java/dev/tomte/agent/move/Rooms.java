package dev.tomte.agent.move;

import dev.tomte.agent.tree.Tree;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.contracts.Request.Launch;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;

/** The pods of this host, as moves see them. Calls for one process never overlap; different processes' do. */
public interface Rooms {
    /**
     * Makes room for a tree: a guest pod with the home's files mounted for the plan's next epoch, or the home pod.
     *
     * @param memory bytes that the process is known to occupy; 0: not known
     * @throws IOException if it cannot, the message naming the thing; nothing is left of it then
     */
    Tree.Room open(MovePlan plan, Launch launch, long memory) throws IOException;

    /**
     * Sees that there is memory for what comes, and keeps it for it.
     *
     * @param memoryBytes what the images will hold
     * @throws IOException if there is not, the message naming how much there is and how much is wanted
     */
    void admit(MovePlan plan, long memoryBytes) throws IOException;

    /** How much of its memory may be taken here before its images are, bytes; 0 where they alone have room. */
    long precopyRoom(MovePlan plan, long memoryBytes) throws IOException;

    /** The room that was opened for this very migration before the agent restarted, if its pod lives; also if it runs already. */
    Optional<Tree.Room> find(MovePlan plan) throws IOException;

    /**
     * After a restart: takes down the rooms of all migrations but these. There a killed agent had not even noted that
     * it made room, so nothing was ever restored. What has been let run is no room any more.
     */
    void takeDownOthers(Set<String> migrations) throws IOException;

    /**
     * The tree that this host holds at the plan's epoch; empty if there is none (any more). A criu that still dumps it
     * since before a restart of the agent has been waited for.
     *
     * @throws IOException if that cannot be told now
     */
    Optional<Tree> tree(MovePlan plan) throws IOException;

    /**
     * The move did not happen and this host holds the process on, from now on at this epoch (the plan's, or the next
     * one if the register had to be moved to undo it). May be told twice, and of a process that has ended meanwhile.
     */
    void stays(MovePlan plan, long epoch) throws IOException;

    /**
     * The process has left and its copy here is destroyed: takes down its guest pod, or leaves a home pod as the home
     * of an away process. May be told twice, and late: does nothing to what came here at a later epoch.
     */
    void left(MovePlan plan) throws IOException;
}

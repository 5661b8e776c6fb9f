package dev.tomte.agent.move;

import dev.tomte.contracts.Command.MovePlan;
import java.io.IOException;
import java.util.List;

/**
 * Small memory for moves under way that outlives the agent: kept by the stub of the pod concerned, gone with it. A note
 * that has been put is there after a kill -9 of the agent.
 */
public interface MoveNotes {
    /** Which pod keeps it: that of the tree that leaves, or that of the room it comes to. */
    enum Role {
        SOURCE,
        TARGET
    }

    /** Replaces the note of this migration and role. */
    void put(MovePlan plan, Role role, byte[] note) throws IOException;

    /** Nothing is done where there is none. */
    void clear(MovePlan plan, Role role) throws IOException;

    /** The notes of all pods of this host. */
    List<byte[]> all() throws IOException;
}

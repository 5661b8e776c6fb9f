package dev.tomte.agent.move;

import dev.tomte.contracts.Command;

/**
 * All moves of this host, by the commands that come for it. Calls return at once; what became of them is told to {@link
 * Outcomes}. A repeated command is answered with what was last told of its migration; one of an older generation than
 * the process's last is ignored. Any thread.
 */
public interface Moves {
    /** To this host as target. */
    void prepare(Command.Prepare command);

    /** To this host as source. */
    void move(Command.Move command);

    /** To this host as source or target; nothing is done where the migration cannot be stopped any more. */
    void abort(Command.Abort command);

    /**
     * Takes up what was under way when the agent last ended; to be called once, before any command, when all pods have
     * been found. Returns at once; each move goes on by itself.
     */
    void recover();
}

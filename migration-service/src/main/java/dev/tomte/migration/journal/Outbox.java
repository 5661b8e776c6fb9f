package dev.tomte.migration.journal;

import dev.tomte.contracts.Command;
import dev.tomte.contracts.Migration;
import dev.tomte.contracts.Outcome;
import dev.tomte.contracts.Request;

/**
 * Writes to the topics. What is written is under way until {@link #flush} returns; then it is safe.
 */
public interface Outbox {
    /**
     * Asks the owner of the partition that {@code request}'s process, or for a start its name, belongs to.
     *
     * @throws NotWritten if the broker has not said in time that it has it; it may have it
     */
    void ask(Request request);

    void journal(Migration entry);

    /** Takes an ended migration out of the journal. */
    void forget(String migration);

    void command(Command command);

    void answer(Outcome outcome);

    /** @throws NotWritten if any of what was written since the last flush may not be safe */
    void flush();

    /** Whether the broker has a record is not known. */
    final class NotWritten extends RuntimeException {
        private static final long serialVersionUID = 1;

        public NotWritten(String message, Throwable cause) {
            super(message, cause);
        }
    }
}

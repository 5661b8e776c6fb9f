package dev.tomte.contracts.rest;

import dev.tomte.contracts.Migration;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.Reason;
import dev.tomte.contracts.Rejected;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * A migration as the API shows it: its journal entry without what only the agents may know.
 *
 * @param reason what it is for; {@code why} says the same in words
 * @param rejected the hosts that were not taken, where one was chosen
 * @param ended whether nothing more will happen to it
 * @param message why it was refused, rolled back or lost, or what it waits for; else empty
 * @param micros duration of each phase that has ended, in microseconds
 */
public record MigrationResource(
        String id,
        String process,
        String name,
        String home,
        String source,
        String target,
        long epoch,
        MoveState state,
        boolean ended,
        Reason reason,
        String who,
        String why,
        List<Rejected> rejected,
        String message,
        Map<MoveState, Instant> times,
        Map<String, Long> micros,
        long bytes) {
    public static MigrationResource of(Migration migration) {
        return new MigrationResource(
                migration.id(),
                migration.plan().process(),
                migration.name(),
                migration.plan().home(),
                migration.plan().source(),
                migration.plan().target(),
                migration.plan().epoch(),
                migration.state(),
                migration.state().isFinal(),
                migration.reason(),
                migration.who(),
                migration.why(),
                migration.rejected(),
                migration.message(),
                migration.times(),
                migration.micros(),
                migration.bytes());
    }

    /** The same, with these for the hosts that were not taken. */
    public MigrationResource with(List<Rejected> others) {
        return new MigrationResource(
                id, process, name, home, source, target, epoch, state, ended, reason, who, why, others, message, times,
                micros, bytes);
    }
}

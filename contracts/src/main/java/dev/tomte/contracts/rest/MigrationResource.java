package dev.tomte.contracts.rest;

import dev.tomte.contracts.Migration;
import dev.tomte.contracts.MoveState;
import java.time.Instant;
import java.util.Map;

/**
 * A migration as the API shows it: its journal entry without what only the agents may know.
 *
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
        String who,
        String why,
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
                migration.who(),
                migration.why(),
                migration.message(),
                migration.times(),
                migration.micros(),
                migration.bytes());
    }
}

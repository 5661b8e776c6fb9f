package dev.tomte.mig;

import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.rest.MigrationResource;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "migrations", mixinStandardHelpOptions = true, description = "The moves, the newest first.")
final class MigrationsCommand implements Callable<Integer> {
    @Mixin
    private Session session = new Session();

    @Override
    public Integer call() {
        try (Api api = session.api()) {
            if (session.isJson()) {
                session.printJson(api.get("/migrations"));
                return 0;
            }
            Instant now = Instant.now();
            Table table = new Table("ID", "PROCESS", "FROM", "TO", "STATE", "FOR", "AGE", "FROZEN", "SENT", "MESSAGE");
            for (MigrationResource one : api.list("/migrations", MigrationResource.class)) {
                Long frozen = one.micros().get("frozen");
                table.row(
                        one.id(),
                        one.name(),
                        one.source(),
                        one.target(),
                        one.state().name(),
                        one.reason().word(),
                        Words.ago(one.times().getOrDefault(MoveState.REQUESTED, now), now),
                        frozen == null ? "-" : Words.millis(frozen),
                        Words.bytes(one.bytes()),
                        one.message());
            }
            System.out.print(table);
            return 0;
        }
    }
}

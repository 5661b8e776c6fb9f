package dev.tomte.mig;

import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.rest.MigrationResource;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

@Command(
        name = "migrate",
        mixinStandardHelpOptions = true,
        description = "Move a process to another host, or home, and say what happened.")
final class MigrateCommand implements Callable<Integer> {
    /** In the order in which they happen. */
    private static final List<String> PHASES =
            List.of("prepare", "precopy", "freeze", "dump", "transfer", "restore", "commit", "settle");

    private static final int ASK_SECONDS = 20;

    @Mixin
    private Session session = new Session();

    @Parameters(index = "0", paramLabel = "NAME", description = "The process's name or id.")
    private String process = "";

    @Parameters(index = "1", paramLabel = "HOST", description = "Where to, or 'home'.")
    private String target = "";

    @Option(names = "--no-wait", description = "Do not wait for its end; print the migration's id.")
    private boolean noWait;

    private final Set<MoveState> told = EnumSet.noneOf(MoveState.class);

    @Override
    public Integer call() {
        try (Api api = session.api()) {
            JsonNode answer =
                    api.post("/migrations", Map.of("process", process, "target", target, "why", "mig migrate"));
            String id = answer.path("id").asString();
            if (noWait) {
                if (session.isJson()) session.printJson(answer);
                else System.out.println(id);
                return 0;
            }
            MoveState last = MoveState.UNKNOWN;
            while (true) {
                MigrationResource migration = api.get(
                        "/migrations/%s?wait=%d&after=%s".formatted(Api.quoted(id), ASK_SECONDS, last),
                        MigrationResource.class);
                if (!session.isJson()) {
                    if (last == MoveState.UNKNOWN)
                        System.out.printf(
                                "%s: %s (%s) %s -> %s%n",
                                migration.id(),
                                migration.name(),
                                migration.process(),
                                migration.source(),
                                migration.target());
                    tell(migration);
                }
                last = migration.state();
                if (migration.ended()) return end(migration);
            }
        }
    }

    private void tell(MigrationResource migration) {
        Instant begin = migration.times().getOrDefault(MoveState.REQUESTED, Instant.now());
        for (MoveState state : MoveState.values()) {
            Instant at = migration.times().get(state);
            if (at == null || !told.add(state)) continue;
            System.out.printf("  %6d ms  %s%n", Duration.between(begin, at).toMillis(), state);
        }
    }

    private int end(MigrationResource migration) {
        boolean settled = migration.state() == MoveState.SETTLED;
        if (session.isJson()) {
            session.printJson(migration);
            return settled ? 0 : 1;
        }
        System.out.print(phases(migration.micros()));
        Long frozen = migration.micros().get("frozen");
        if (frozen != null)
            System.out.printf(
                    "%s stood still for %s; %s were sent%n",
                    migration.name(), Words.millis(frozen), Words.bytes(migration.bytes()));
        if (settled) {
            System.out.printf("%s runs on %s%n", migration.name(), migration.target());
            return 0;
        }
        throw new Refused("%s: %s".formatted(migration.state(), migration.message()));
    }

    static String phases(Map<String, Long> micros) {
        StringBuilder out = new StringBuilder();
        for (String phase : PHASES)
            if (micros.containsKey(phase))
                out.append("  %-9s %10s%n".formatted(phase, Words.millis(micros.getOrDefault(phase, 0L))));
        return out.toString();
    }
}

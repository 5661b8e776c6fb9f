package dev.tomte.mig;

import dev.tomte.contracts.Reason;
import dev.tomte.contracts.rest.StatsResource;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "stats",
        mixinStandardHelpOptions = true,
        description = "What sharing has come to: CPU time at home and away, moves, evictions, idle time used.")
final class StatsCommand implements Callable<Integer> {
    @Mixin
    private Session session = new Session();

    @Override
    public Integer call() {
        try (Api api = session.api()) {
            if (session.isJson()) session.printJson(api.get("/stats"));
            else System.out.print(told(api.get("/stats", StatsResource.class)));
            return 0;
        }
    }

    static String told(StatsResource stats) {
        Table table = new Table("WHAT", "HOW MUCH");
        table.row("hosts", "%d, %d of them idle".formatted(stats.hosts(), stats.available()));
        table.row("processes", "%d, %d of them away".formatted(stats.processes(), stats.away()));
        table.row("CPU time at home", Words.cpu(stats.cpuHomeMicros()));
        table.row("CPU time away", Words.cpu(stats.cpuAwayMicros()));
        for (Reason reason : Reason.values()) {
            int count = stats.moves().getOrDefault(reason, 0);
            String what = reason.isEviction() ? "evictions for " : "moves for ";
            if (count > 0) table.row(what + reason.word(), Integer.toString(count));
        }
        table.row("moves that failed", Integer.toString(stats.failed()));
        table.row(
                "idle cores used now",
                String.format(Locale.ROOT, "%.1f of %.1f", stats.guestCores(), stats.idleCores()));
        return table.toString();
    }
}

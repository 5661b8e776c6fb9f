package dev.tomte.mig;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.rest.MigrationResource;
import java.io.Console;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "top",
        mixinStandardHelpOptions = true,
        description = "Hosts, processes and moves, as they are now, until Ctrl-C.")
final class TopCommand implements Callable<Integer> {
    private static final String CLEAR = "\033[H\033[2J";
    private static final int MOVES = 8;

    @Mixin
    private Session session = new Session();

    @Option(names = "--every", paramLabel = "SECONDS", description = "How often (default: ${DEFAULT-VALUE}).")
    private int seconds = 1;

    @Option(names = "--count", description = "End after so many looks; 0: never (default: ${DEFAULT-VALUE}).")
    private int count;

    @Override
    public Integer call() throws InterruptedException {
        // what is piped is read by a program, or by somebody who scrolls
        boolean isWatched = Optional.ofNullable(System.console())
                .filter(Console::isTerminal)
                .isPresent();
        try (Api api = session.api()) {
            for (int looks = 1; ; looks++) {
                String now = look(api, Instant.now());
                System.out.print(isWatched ? CLEAR + now : now);
                System.out.flush();
                if (looks == count) return 0;
                Thread.sleep(1000L * Math.max(1, seconds));
            }
        }
    }

    private static String look(Api api, Instant now) {
        List<Availability> hosts = api.list("/hosts", Availability.class);
        List<ProcessStatus> processes = api.list("/processes", ProcessStatus.class);
        List<MigrationResource> moves = api.list("/migrations", MigrationResource.class);
        Table running = new Table("NAME", "HOME", "RUNS ON", "STATE", "MEMORY", "CPU HOME", "CPU AWAY", "MESSAGE");
        for (ProcessStatus process : processes)
            running.row(
                    process.name(),
                    process.home(),
                    process.holder(),
                    process.state().name(),
                    Words.bytes(process.memory()),
                    Words.cpu(process.cpuHomeMicros()),
                    Words.cpu(process.cpuAwayMicros()),
                    process.message());
        Table moved = new Table("MOVED", "FROM", "TO", "STATE", "AGE", "FOR");
        for (MigrationResource move : moves.subList(0, Math.min(MOVES, moves.size())))
            moved.row(
                    move.name(),
                    move.source(),
                    move.target(),
                    move.state().name(),
                    Words.ago(move.times().getOrDefault(MoveState.REQUESTED, now), now),
                    move.reason().word());
        return HostsCommand.table(hosts, now, false) + "\n" + running + "\n" + moved + "\n";
    }
}

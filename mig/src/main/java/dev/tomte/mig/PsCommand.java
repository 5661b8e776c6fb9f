package dev.tomte.mig;

import dev.tomte.contracts.ProcessStatus;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "ps", mixinStandardHelpOptions = true, description = "The processes, and where each one runs.")
final class PsCommand implements Callable<Integer> {
    private static final int COMMAND_WIDTH = 40;

    @Mixin
    private Session session = new Session();

    @Option(
            names = {"-a", "--all"},
            description = "Those that have ended too.")
    private boolean all;

    @Override
    public Integer call() {
        try (Api api = session.api()) {
            var processes = api.list("/processes?all=" + all, ProcessStatus.class).stream()
                    .filter(process -> all || process.isLiving())
                    .toList();
            if (session.isJson()) {
                session.printJson(processes);
                return 0;
            }
            Instant now = Instant.now();
            Table table =
                    new Table("ID", "NAME", "HOME", "RUNS ON", "STATE", "SINCE", "CPU HOME", "CPU AWAY", "COMMAND");
            for (ProcessStatus process : processes)
                table.row(
                        process.process(),
                        process.name(),
                        process.home(),
                        process.isLiving() ? process.holder() : "-",
                        state(process),
                        Words.ago(process.since(), now),
                        Words.cpu(process.cpuHomeMicros()),
                        Words.cpu(process.cpuAwayMicros()),
                        command(process));
            System.out.print(table);
            return 0;
        }
    }

    private static String state(ProcessStatus process) {
        return process.exitStatus() == null
                ? process.state().name()
                : process.state() + "(" + process.exitStatus() + ")";
    }

    private String command(ProcessStatus process) {
        String command = String.join(" ", process.command()).replaceAll("\\s+", " ");
        boolean fits = session.isWide() || command.length() <= COMMAND_WIDTH;
        return fits ? command : command.substring(0, COMMAND_WIDTH - 3) + "...";
    }
}

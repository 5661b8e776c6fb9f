package dev.tomte.mig;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The root command. Exit status: 0 done, 1 refused, 2 not understood; {@code wait} and {@code exec} end as the process did. */
@Command(
        name = "mig",
        mixinStandardHelpOptions = true,
        description = "Runs processes, moves them between hosts, and says where they are.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            HostsCommand.class,
            RunCommand.class,
            ExecCommand.class,
            PsCommand.class,
            LogsCommand.class,
            MigrateCommand.class,
            MigrationsCommand.class,
            WaitCommand.class,
            KillCommand.class,
            EventsCommand.class,
            WhyCommand.class,
            TopCommand.class,
            StatsCommand.class,
            PolicyCommand.class,
            DrainCommand.class,
            OwnerCommand.class
        })
public final class Mig implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        CommandLine line = new CommandLine(new Mig());
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setExecutionExceptionHandler((e, command, parsed) -> {
            command.getErr().println("mig: " + e.getMessage());
            if (e instanceof Refused refused) return refused.status();
            e.printStackTrace(command.getErr());
            return 1;
        });
        return line;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }
}

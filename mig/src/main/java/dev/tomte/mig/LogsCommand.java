package dev.tomte.mig;

import dev.tomte.contracts.ProcessStatus;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "logs",
        mixinStandardHelpOptions = true,
        description = {
            "What a process wrote, wherever it was.",
            "What one of mig exec wrote to its standard error comes on standard error."
        })
final class LogsCommand implements Callable<Integer> {
    @Mixin
    private Session session = new Session();

    @Option(
            names = {"-f", "--follow"},
            description = "Go on until the process ends.")
    private boolean follow;

    @Parameters(paramLabel = "NAME", description = "The process's name or id.")
    private String process = "";

    @Override
    public Integer call() throws InterruptedException {
        try (Api api = session.api()) {
            String id = api.get("/processes/" + Api.quoted(process), ProcessStatus.class)
                    .process();
            LogCopy.both(api, id, follow);
            return 0;
        }
    }
}

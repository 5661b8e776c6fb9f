package dev.tomte.mig;

import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "kill", mixinStandardHelpOptions = true, description = "Send a process a signal, wherever it is.")
final class KillCommand implements Callable<Integer> {
    @Mixin
    private Session session = new Session();

    @Option(
            names = {"-s", "--signal"},
            defaultValue = "TERM",
            description = "A name or number (default: ${DEFAULT-VALUE}).")
    private String signal = "TERM";

    @Parameters(paramLabel = "NAME", description = "The process's name or id.")
    private String process = "";

    @Override
    public Integer call() {
        try (Api api = session.api()) {
            var answer = api.post("/processes/" + Api.quoted(process) + "/signal", Map.of("signal", signal));
            if (session.isJson()) session.printJson(answer);
            return 0;
        }
    }
}

package dev.tomte.mig;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Json;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "drain",
        mixinStandardHelpOptions = true,
        description = "Empty a host of its guests, and have it take in no more.")
final class DrainCommand implements Callable<Integer> {
    @Mixin
    private Session session = new Session();

    @Parameters(paramLabel = "HOST", description = "The host.")
    private String host = "";

    @Option(names = "--end", description = "It takes in guests again.")
    private boolean end;

    @Override
    public Integer call() {
        try (Api api = session.api()) {
            var answer = api.post("/hosts/" + Api.quoted(host) + "/policy", Map.of("drains", !end));
            if (session.isJson()) session.printJson(answer);
            else System.out.println(PolicyCommand.said(Json.mapper().treeToValue(answer, Availability.class)));
            return 0;
        }
    }
}

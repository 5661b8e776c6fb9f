package dev.tomte.mig;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Json;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "owner",
        mixinStandardHelpOptions = true,
        description = "Play the owner of a fleet's host, who sits down at it and types, or leaves.")
final class OwnerCommand implements Callable<Integer> {
    enum Deed {
        returns,
        leaves
    }

    @Mixin
    private Session session = new Session();

    @Parameters(index = "0", paramLabel = "HOST", description = "Whose owner.")
    private String host = "";

    @Parameters(index = "1", paramLabel = "returns|leaves", description = "What the owner does.")
    private Deed deed = Deed.returns;

    @Override
    public Integer call() {
        try (Api api = session.api()) {
            var answer = api.post("/hosts/" + Api.quoted(host) + "/owner", Map.of("there", deed == Deed.returns));
            if (session.isJson()) session.printJson(answer);
            else {
                Availability now = Json.mapper().treeToValue(answer, Availability.class);
                System.out.printf("%s: %s, %s%n", now.host(), now.state(), now.why());
            }
            return 0;
        }
    }
}

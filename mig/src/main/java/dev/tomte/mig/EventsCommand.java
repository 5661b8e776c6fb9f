package dev.tomte.mig;

import dev.tomte.contracts.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

@Command(
        name = "events",
        mixinStandardHelpOptions = true,
        description = "What changes in the fleet, from now on: one JSON object a line.")
final class EventsCommand implements Callable<Integer> {
    @Mixin
    private Session session = new Session();

    @Option(names = "--count", description = "End after so many; 0: never (default: ${DEFAULT-VALUE}).")
    private long count;

    @Override
    public Integer call() throws IOException {
        try (Api api = session.api();
                BufferedReader lines = new BufferedReader(
                        new InputStreamReader(api.stream("/events", "text/event-stream"), StandardCharsets.UTF_8))) {
            String event = "";
            long told = 0;
            String line;
            while ((line = lines.readLine()) != null) {
                if (line.startsWith("event:"))
                    event = line.substring("event:".length()).strip();
                if (!line.startsWith("data:")) continue;
                JsonNode data = Json.mapper().readTree(line.substring("data:".length()));
                session.printLine(
                        Json.mapper().createObjectNode().put("event", event).set("data", data));
                if (++told == count) return 0;
            }
            throw new Refused("the stream of events has ended");
        }
    }
}

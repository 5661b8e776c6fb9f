package dev.tomte.acceptance;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** On the fleet. */
@Order(2)
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class MovesTest implements MovesScenario {
    private final Stage stage = new FleetStage(Fleet.up());

    @Override
    public Stage stage() {
        return stage;
    }

    @Test
    void node() throws IOException {
        Path node = Stream.of("/usr/bin/node", "/usr/bin/nodejs")
                .map(Path::of)
                .filter(Files::exists)
                .findFirst()
                .orElse(Path.of("/nonexistent"));
        assertTrue(Files.exists(node), "node is not installed; ./tomte check installs it");
        String program = stage.bring("timers.js", Programs.source("timers.js"));
        tour(stage.start("node", node.toString(), program, "node"));
    }
}

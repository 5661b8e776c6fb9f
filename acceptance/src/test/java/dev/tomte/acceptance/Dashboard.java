package dev.tomte.acceptance;

import static java.util.Objects.requireNonNull;

import dev.tomte.contracts.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** A dashboard of the chart, as Grafana would read it. */
record Dashboard(String name, JsonNode json) {
    /** @param expression as it stands there, with Grafana's variables */
    record Query(String dashboard, String panel, String expression) {}

    static List<Dashboard> all() {
        try (Stream<Path> files = Files.list(chart().resolve("dashboards"))) {
            return files.sorted().map(Dashboard::read).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path chart() {
        return Path.of(requireNonNull(System.getProperty("tomte.source"), "tomte.source"), "helm/tomte");
    }

    private static Dashboard read(Path file) {
        try {
            return new Dashboard(file.getFileName().toString(), Json.mapper().readTree(Files.readString(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<Query> queries() {
        return json.path("panels")
                .valueStream()
                .flatMap(panel -> panel.path("targets")
                        .valueStream()
                        .map(target -> new Query(
                                name,
                                panel.path("title").asString(),
                                target.path("expr").asString())))
                .toList();
    }
}

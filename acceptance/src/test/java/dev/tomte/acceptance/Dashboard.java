package dev.tomte.acceptance;

import static java.util.Objects.requireNonNull;

import dev.tomte.contracts.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** A dashboard of the chart, as Grafana would read it. */
record Dashboard(String name, JsonNode json) {
    private static final Pattern VALUES = Pattern.compile("label_values\\((.+), (\\w+)\\)");

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

    /** What Grafana asks for the values of a variable, as a query of its own. */
    List<Query> variables() {
        return json.path("templating")
                .path("list")
                .valueStream()
                .filter(variable -> variable.path("type").asString().equals("query"))
                .map(variable -> new Query(
                        name,
                        "$" + variable.path("name").asString(),
                        VALUES.matcher(variable.path("query").asString()).replaceFirst("count by ($2) ($1)")))
                .toList();
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

package dev.tomte.acceptance;

import static org.awaitility.Awaitility.await;

import dev.tomte.contracts.Json;
import dev.tomte.fleet.Layout;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/** A real Prometheus that scrapes the fleet every second, and evaluates the chart's rules. */
final class Prometheus implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int PORT = 9090;

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(3)).build();
    private final URI api;
    private final Path log;
    private final Process process;

    /** @param directory of its own, for its configuration and data */
    Prometheus(Path directory) throws IOException {
        Layout layout = new Layout(Fleet.name(), Fleet.state(), Fleet.run(), Fleet.tools());
        Path config = directory.resolve("prometheus.yml");
        Files.writeString(config, """
                %s
                rule_files: ['%s']
                """.formatted(
                        Files.readString(layout.prometheus())
                                .replace(
                                        "scrape_interval: 15s",
                                        "scrape_interval: 1s\n  scrape_timeout: 1s\n  evaluation_interval: 1s"),
                        Dashboard.chart().resolve("rules/tomte.yaml")));
        log = directory.resolve("prometheus.log");
        // nobody else's: the address is the fleet's own
        String address = layout.bridgeAddress() + ":" + PORT;
        api = URI.create("http://" + address + "/api/v1/");
        process = new ProcessBuilder(
                        program("prometheus").toString(),
                        "--config.file=" + config,
                        "--storage.tsdb.path=" + directory.resolve("data"),
                        "--web.listen-address=" + address)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            await("Prometheus is ready").atMost(LIMIT).until(this::isReady);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** @param name prometheus or promtool, as the launcher has unpacked them */
    static Path program(String name) {
        return Fleet.tools().resolve("prometheus/usr/bin").resolve(name);
    }

    private boolean isReady() throws IOException {
        if (!process.isAlive()) throw new AssertionError("Prometheus has ended:\n" + Files.readString(log));
        try {
            return send("/-/ready").statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    /** A series' labels and value. */
    record Sample(JsonNode labels, double value) {}

    List<Sample> query(String expression) throws IOException {
        return get("query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8))
                .path("result")
                .valueStream()
                .map(each -> new Sample(
                        each.path("metric"), number(each.path("value").path(1).asString())))
                .toList();
    }

    /** As Prometheus writes it. */
    private static double number(String word) {
        return switch (word) {
            case "+Inf" -> Double.POSITIVE_INFINITY;
            case "-Inf" -> Double.NEGATIVE_INFINITY;
            default -> Double.parseDouble(word);
        };
    }

    /** The sum of all that it finds; 0 where it finds nothing. */
    double sum(String selector) throws IOException {
        return query(selector).stream().mapToDouble(Sample::value).sum();
    }

    /** All rules of all groups, as the API tells of them. */
    List<JsonNode> rules() throws IOException {
        return get("rules")
                .path("groups")
                .valueStream()
                .flatMap(group -> group.path("rules").valueStream())
                .toList();
    }

    private JsonNode get(String path) throws IOException {
        HttpResponse<String> answer = send(path);
        if (answer.statusCode() != 200) throw new AssertionError(path + ": " + answer.body());
        return Json.mapper().readTree(answer.body()).path("data");
    }

    private HttpResponse<String> send(String path) throws IOException {
        try {
            return http.send(
                    HttpRequest.newBuilder(api.resolve(path))
                            .timeout(Duration.ofSeconds(20))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS))
                process.destroyForcibly().waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        http.shutdownNow();
    }
}

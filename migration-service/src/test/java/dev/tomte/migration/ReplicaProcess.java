package dev.tomte.migration;

import dev.tomte.contracts.Identity;
import dev.tomte.contracts.Json;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** A replica as the fleet starts it: a JVM of its own, that can be killed as no code expects it. */
final class ReplicaProcess implements AutoCloseable {
    private final Process process;
    private final Path log;
    private final String url;
    private final HttpClient http;

    ReplicaProcess(String name, Path directory, String kafka, Identity own, Identity caller, int port)
            throws IOException {
        this(name, directory, List.of("tomte.kafka.servers=" + kafka), own, caller, port);
    }

    /** @param more properties besides */
    ReplicaProcess(String name, Path directory, List<String> more, Identity own, Identity caller, int port)
            throws IOException {
        Path config = directory.resolve(name + ".properties");
        List<String> settings = new ArrayList<>(more);
        settings.addAll(List.of(
                "tomte.name=" + name,
                "tomte.certificates=" + own.directory(),
                "tomte.address=127.0.0.1",
                "tomte.port=" + port));
        Files.write(config, settings);
        log = directory.resolve(name + ".log");
        // not the tests' own logging
        String classes = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.contains("test-classes"))
                .collect(Collectors.joining(File.pathSeparator));
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx112m",
                        "-Xss512k",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        classes,
                        "dev.tomte.migration.MigrationMain",
                        "--tomte.config=" + config)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        url = "https://127.0.0.1:" + port;
        http = client(caller);
    }

    static HttpClient client(Identity caller) throws IOException {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .sslContext(caller.sslContext())
                .connectTimeout(Duration.ofSeconds(10))
                .build();
    }

    URI uri(String path) {
        return URI.create(url + path);
    }

    HttpClient http() {
        return http;
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(uri(path)).timeout(Duration.ofSeconds(90));
    }

    JsonNode get(String path) throws IOException, InterruptedException {
        return Json.mapper()
                .readTree(http.send(request(path).build(), HttpResponse.BodyHandlers.ofString())
                        .body());
    }

    CompletableFuture<JsonNode> post(String path, Object body) {
        HttpRequest request = request(path)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(Json.write(body)))
                .build();
        return http.sendAsync(request, HttpResponse.BodyHandlers.ofString())
                .thenApply(answer -> Json.mapper().readTree(answer.body()));
    }

    boolean isReady() {
        try {
            HttpRequest request = request("/actuator/health/readiness")
                    .timeout(Duration.ofSeconds(5))
                    .build();
            return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    String log() throws IOException {
        return Files.readString(log);
    }

    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() {
        http.shutdownNow();
        process.destroyForcibly().onExit().join();
    }
}

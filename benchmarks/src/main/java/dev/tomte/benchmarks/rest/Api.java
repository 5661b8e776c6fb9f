package dev.tomte.benchmarks.rest;

import dev.tomte.contracts.Identity;
import dev.tomte.contracts.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;

/**
 * The REST API of the fleet that is up, asked as {@code mig} does it, but from a JVM that is warm: one that starts beside
 * a measured move takes part of the same processors.
 */
public final class Api {
    private final HttpClient http;
    private final URI root;

    private Api(Path connection) throws IOException {
        Properties client = new Properties();
        try (Reader in = Files.newBufferedReader(connection)) {
            client.load(in);
        }
        root = URI.create(client.getProperty("endpoints").split(",", -1)[0]);
        http = HttpClient.newBuilder()
                .sslContext(new Identity(Path.of(client.getProperty("certificates"))).sslContext())
                .version(HttpClient.Version.HTTP_1_1)
                .build();
    }

    /** The fleet that {@code TOMTE_HOME} and {@code TOMTE_FLEET} name. */
    public static Api ofFleet() throws IOException {
        String home = System.getenv().getOrDefault("TOMTE_HOME", "/var/lib/tomte");
        String fleet = System.getenv().getOrDefault("TOMTE_FLEET", "tomte");
        return new Api(Path.of(home, "fleets", fleet, "client.properties"));
    }

    /**
     * @param path after {@code /api/v1}
     * @throws IOException if the answer is an error; with what it said
     */
    public <T> T get(String path, Class<T> type) throws IOException, InterruptedException {
        return Json.read(text(request(path).build()), type);
    }

    public <T> T post(String path, Object order, Class<T> type) throws IOException, InterruptedException {
        return Json.read(
                text(request(path)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(Json.write(order)))
                        .build()),
                type);
    }

    /** The answer as it comes; to be closed. */
    public InputStream stream(String path) throws IOException, InterruptedException {
        return http.send(request(path).build(), HttpResponse.BodyHandlers.ofInputStream())
                .body();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(root.resolve("/api/v1" + path)).timeout(Duration.ofSeconds(60));
    }

    private String text(HttpRequest request) throws IOException, InterruptedException {
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() / 100 != 2) throw new IOException(request.uri() + ": " + answer.body());
        return answer.body();
    }
}

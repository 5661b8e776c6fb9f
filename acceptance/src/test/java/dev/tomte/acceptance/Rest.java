package dev.tomte.acceptance;

import dev.tomte.contracts.Identity;
import dev.tomte.contracts.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** The REST API as a careful client uses it: the replica that does not answer is passed over. */
final class Rest {
    private static final Duration LIMIT = Duration.ofSeconds(45);
    private static final int UNAVAILABLE = 503;

    private final List<URI> endpoints;
    private final HttpClient http;

    Rest(List<URI> endpoints, Identity identity) throws IOException {
        this.endpoints = endpoints;
        http = HttpClient.newBuilder()
                .sslContext(identity.sslContext())
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(3))
                .build();
    }

    /** @param text as it came; a log is no JSON */
    record Answer(int status, String text) {
        JsonNode json() {
            return Json.mapper().readTree(text);
        }

        boolean ok() {
            return status / 100 == 2;
        }

        /** The words of a problem. */
        String detail() {
            return json().path("detail").asString("");
        }

        <T> T as(Class<T> type) {
            if (!ok()) throw new AssertionError("status " + status + ": " + text);
            return Json.read(text, type);
        }
    }

    Answer get(String path) {
        return send(HttpRequest.newBuilder().GET(), path);
    }

    /** Empty if nobody answers. */
    Optional<Answer> attempt(String path) {
        try {
            return Optional.of(get(path));
        } catch (AssertionError e) {
            return Optional.empty();
        }
    }

    Answer post(String path, Object body) {
        return send(
                HttpRequest.newBuilder()
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(Json.write(body))),
                path);
    }

    private Answer send(HttpRequest.Builder request, String path) {
        IOException last = null;
        for (URI endpoint : endpoints) {
            try {
                HttpResponse<String> response = http.send(
                        request.uri(endpoint.resolve("/api/v1" + path))
                                .timeout(LIMIT)
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
                if (response.statusCode() == UNAVAILABLE && !endpoint.equals(endpoints.getLast())) continue;
                return new Answer(response.statusCode(), response.body());
            } catch (IOException e) {
                last = e;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError("interrupted", e);
            }
        }
        throw new AssertionError("no replica answers " + path, last);
    }
}

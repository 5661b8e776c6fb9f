package dev.tomte.mig;

import dev.tomte.contracts.Json;
import dev.tomte.contracts.Request;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * The REST API below /api/v1, through whichever replica answers. One that cannot be reached is passed over; what may
 * have been done is not asked for twice. Any thread.
 */
final class Api implements AutoCloseable {
    private static final int UNAVAILABLE = 503;
    private static final Duration ANSWER = Duration.ofSeconds(40);
    private static final Duration CONNECT = Duration.ofSeconds(15);
    /** Where another may be asked instead. */
    private static final Duration CONNECT_OR_NEXT = Duration.ofSeconds(3);

    private final Connection connection;
    private final HttpClient http;
    /** The replica that answered last. */
    private volatile int current;

    Api(Connection connection) {
        this.connection = connection;
        try {
            http = HttpClient.newBuilder()
                    .sslContext(connection.credentials().sslContext())
                    .connectTimeout(connection.endpoints().size() > 1 ? CONNECT_OR_NEXT : CONNECT)
                    .version(HttpClient.Version.HTTP_1_1)
                    .build();
        } catch (IOException e) {
            throw new Refused(String.valueOf(e.getMessage()));
        }
    }

    /** A path segment or query value, from what a person wrote. */
    static String quoted(String text) {
        // NAMESPACE/NAME: a slash would be the path's
        return URLEncoder.encode(text.replace('/', ':'), StandardCharsets.UTF_8).replace("+", "%20");
    }

    JsonNode get(String path) {
        return json(send(request -> request.GET().timeout(ANSWER), path, true, HttpResponse.BodyHandlers.ofString()));
    }

    <T> T get(String path, Class<T> type) {
        return Json.mapper().treeToValue(get(path), type);
    }

    <T> List<T> list(String path, Class<T> type) {
        return get(path)
                .valueStream()
                .map(node -> Json.mapper().treeToValue(node, type))
                .toList();
    }

    JsonNode post(String path, Object body) {
        return json(send(
                request -> request.header("Content-Type", "application/json")
                        .timeout(ANSWER)
                        .POST(HttpRequest.BodyPublishers.ofString(Json.write(body))),
                path,
                false,
                HttpResponse.BodyHandlers.ofString()));
    }

    /** The same, of bytes; what is sent twice must do no harm. */
    JsonNode postBytes(String path, byte[] bytes) {
        return json(send(
                request -> request.header("Content-Type", "application/octet-stream")
                        .timeout(ANSWER)
                        .POST(HttpRequest.BodyPublishers.ofByteArray(bytes)),
                path,
                true,
                HttpResponse.BodyHandlers.ofString()));
    }

    /** A response that goes on; the caller closes it. Empty if it broke before it began. */
    InputStream stream(String path, String accept) {
        return send(
                        request -> request.GET().header("Accept", accept),
                        path,
                        true,
                        HttpResponse.BodyHandlers.ofInputStream())
                .body();
    }

    private interface Shape {
        HttpRequest.Builder of(HttpRequest.Builder request);
    }

    private <T> HttpResponse<T> send(Shape shape, String path, boolean repeatable, HttpResponse.BodyHandler<T> body) {
        IOException last = null;
        int replicas = connection.endpoints().size();
        for (int attempt = 0; attempt < replicas; attempt++) {
            int asked = current;
            URI uri = connection.endpoints().get(asked).resolve("/api/v1" + path);
            try {
                HttpResponse<T> response = http.send(shape.of(request(uri)).build(), body);
                if (response.statusCode() != UNAVAILABLE || attempt + 1 == replicas) return checked(response);
            } catch (SSLException e) {
                throw new Refused("%s and %s do not trust each other: %s"
                        .formatted(uri.getAuthority(), connection.credentials().source(), e.getMessage()));
            } catch (IOException e) {
                if (!repeatable && !neverArrived(e))
                    throw new Refused("%s broke off (%s); what was asked for may have been done: see mig ps"
                            .formatted(uri.getAuthority(), reason(e)));
                last = e;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new Refused("interrupted");
            }
            current = (asked + 1) % replicas;
        }
        throw Refused.forNow("no replica of the migration-service answers at %s: %s"
                .formatted(connection.endpoints(), last == null ? "" : reason(last)));
    }

    private HttpRequest.Builder request(URI uri) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri);
        connection.credentials().authorization().ifPresent(said -> request.header("Authorization", said));
        return request;
    }

    private static boolean neverArrived(IOException e) {
        return e instanceof ConnectException || e instanceof HttpConnectTimeoutException;
    }

    private static String reason(IOException e) {
        String message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }

    private static <T> HttpResponse<T> checked(HttpResponse<T> response) {
        if (response.statusCode() / 100 == 2) return response;
        String body = text(response.body());
        if (response.statusCode() == UNAVAILABLE) throw Refused.forNow(problem(UNAVAILABLE, body));
        throw new Refused(
                problem(response.statusCode(), body), body.contains("nobody-idle") ? Request.Launch.NOWHERE : 1);
    }

    private static String text(Object body) {
        if (!(body instanceof InputStream in)) return String.valueOf(body);
        try (in) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    /** The words of a problem (RFC 9457), or what there is instead. */
    static String problem(int status, String body) {
        try {
            JsonNode problem = Json.mapper().readTree(body);
            return Optional.of(problem.path("detail").asString(""))
                    .filter(words -> !words.isBlank())
                    .or(() -> Optional.of(problem.path("title").asString("")).filter(words -> !words.isBlank()))
                    .orElse("the API answered with status " + status);
        } catch (JacksonException e) {
            return "the API answered with status " + status;
        }
    }

    private static JsonNode json(HttpResponse<String> response) {
        try {
            return Json.mapper().readTree(response.body().isBlank() ? "{}" : response.body());
        } catch (JacksonException e) {
            throw new Refused("the API's answer is no JSON: " + e.getOriginalMessage());
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}

package dev.tomte.migration.release;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Identity;
import dev.tomte.contracts.Json;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.rest.MoveOrder;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The release's own REST API, as mig uses it. */
final class ReleaseApi implements AutoCloseable {
    private static final Duration CONNECT = Duration.ofSeconds(5);
    /** Longer than the service waits for its own parts. */
    private static final Duration ANSWER = Duration.ofSeconds(30);

    private final URI service;
    private final HttpClient client;

    /**
     * @param service without a path
     * @param certificates directory of an identity that has the role mig
     */
    ReleaseApi(URI service, Path certificates) throws IOException {
        this.service = service;
        client = HttpClient.newBuilder()
                .sslContext(new Identity(certificates).sslContext())
                .connectTimeout(CONNECT)
                .build();
    }

    List<Availability> hosts() throws IOException, InterruptedException {
        return List.of(Json.read(ask(request("/api/v1/hosts").GET()).body(), Availability[].class));
    }

    /** Those that live. */
    List<ProcessStatus> processes() throws IOException, InterruptedException {
        return List.of(Json.read(ask(request("/api/v1/processes").GET()).body(), ProcessStatus[].class));
    }

    /** @return why not; empty: it is on its way, which is not waited for */
    String sendHome(String process, String why) throws IOException, InterruptedException {
        HttpResponse<String> answer = send(request("/api/v1/migrations")
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(Json.write(new MoveOrder(process, "home", why)))));
        return answer.statusCode() / 100 == 2 ? "" : answer.body();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(service.resolve(path)).timeout(ANSWER);
    }

    private HttpResponse<String> ask(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpResponse<String> answer = send(request);
        if (answer.statusCode() != 200)
            throw new IOException("%s answers %d: %s".formatted(service, answer.statusCode(), answer.body()));
        return answer;
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    @Override
    public void close() {
        client.close();
    }
}

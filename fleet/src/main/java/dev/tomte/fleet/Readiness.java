package dev.tomte.fleet;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Identity;
import dev.tomte.contracts.Json;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Asks the services themselves whether they are ready. */
final class Readiness implements AutoCloseable {
    private final HttpClient http;

    Readiness(Identity identity) throws IOException {
        http = HttpClient.newBuilder()
                .sslContext(identity.sslContext())
                .connectTimeout(Duration.ofSeconds(2))
                .build();
    }

    static boolean listens(String address, int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), 500);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean isHeard(Availability host, Instant since) {
        return !host.isSilent(Instant.now()) && host.at().isAfter(since);
    }

    /**
     * The hosts that a replica has not heard of (yet); all of them if it does not answer.
     *
     * @param since what a host has said before does not count: it may be the word of one that has ended
     */
    List<String> missing(int port, List<String> hosts, Instant since) {
        List<String> missing = new ArrayList<>(hosts);
        try {
            HttpResponse<String> response = http.send(
                    HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + port + "/api/v1/hosts"))
                            .timeout(Slowness.limit(Duration.ofSeconds(3)))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() == 200)
                for (JsonNode host : Json.mapper().readTree(response.body()))
                    if (isHeard(Json.mapper().treeToValue(host, Availability.class), since))
                        missing.remove(host.path("host").asString(""));
        } catch (IOException | JacksonException e) {
            return missing;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FleetException("interrupted");
        }
        return missing;
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}

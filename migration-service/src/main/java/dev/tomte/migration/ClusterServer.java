package dev.tomte.migration;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.tomte.contracts.Identity;
import dev.tomte.migration.admission.Reviews;
import dev.tomte.migration.enrolment.Enrolment;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/**
 * What a cluster asks of this service, by TLS without a certificate of the caller's: the API server has none that we
 * know, and an agent comes here to be given one.
 */
final class ClusterServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterServer.class);
    /** The most that the API server sends: an object is bounded by etcd's 1.5 MiB. */
    private static final int LONGEST = 4 << 20;

    private static final String BEARER = "Bearer ";

    private final HttpsServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    /** Answers one request's body; empty: whoever asks is refused. */
    @FunctionalInterface
    private interface Answering {
        Optional<byte[]> answer(HttpExchange exchange) throws IOException;
    }

    ClusterServer(InetSocketAddress address, Identity identity, Reviews homes, Reviews evictions, Enrolment enrolment)
            throws IOException {
        server = HttpsServer.create(address, 64);
        server.setHttpsConfigurator(new HttpsConfigurator(identity.sslContext()));
        server.setExecutor(threads);
        server.createContext("/mutate", exchange -> serve(exchange, asked -> Optional.of(homes.answer(body(asked)))));
        server.createContext(
                "/evict", exchange -> serve(exchange, asked -> Optional.of(evictions.answer(body(asked)))));
        server.createContext("/enrol", exchange -> serve(exchange, asked -> enrolment.enrol(token(asked))));
        server.start();
        LOG.info("answers the cluster at {}", server.getAddress());
    }

    private static void serve(HttpExchange exchange, Answering answering) throws IOException {
        try (exchange) {
            if (!exchange.getRequestMethod().equals("POST")) {
                exchange.sendResponseHeaders(405, -1);
                return;
            }
            Optional<byte[]> answer = answering.answer(exchange);
            if (answer.isEmpty()) {
                exchange.sendResponseHeaders(403, -1);
                return;
            }
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, answer.get().length);
            exchange.getResponseBody().write(answer.get());
        } catch (JacksonException e) {
            exchange.sendResponseHeaders(400, -1);
        } catch (RuntimeException e) {
            LOG.error("{} is not answered", exchange.getRequestURI().getPath(), e);
            exchange.sendResponseHeaders(500, -1);
        }
    }

    private static byte[] body(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readNBytes(LONGEST + 1);
        if (body.length > LONGEST) throw new IOException("a question is too long");
        return body;
    }

    private static String token(HttpExchange exchange) {
        String said = exchange.getRequestHeaders().getFirst("Authorization");
        return said != null && said.startsWith(BEARER) ? said.substring(BEARER.length()) : "";
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}

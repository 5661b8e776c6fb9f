package dev.tomte.metrics;

import com.sun.net.httpserver.Authenticator;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpPrincipal;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import dev.tomte.contracts.Identity;
import dev.tomte.contracts.Peer;
import io.prometheus.client.Collector;
import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.exporter.HTTPServer;
import io.prometheus.client.hotspot.DefaultExports;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves what this JVM measures at {@code /metrics}: all that is in the client's default registry, and the JVM itself.
 * Only by TLS with certificates on both sides, and only to those whose role is {@link Peer.Role#MONITOR}.
 */
public final class MetricsServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MetricsServer.class);
    private static final int FORBIDDEN = 403;

    private final List<Collector> own;
    // one that is slow to show its certificate holds up nobody
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HTTPServer server;

    /**
     * Listens from now on.
     *
     * @param address port 0 takes a free one
     * @param own what is collected as long as this is open
     * @throws IOException if the address or the identity cannot be used; the message names it
     */
    public MetricsServer(InetSocketAddress address, Identity identity, Collector... own) throws IOException {
        DefaultExports.initialize();
        server = new HTTPServer.Builder()
                .withInetSocketAddress(address)
                .withHttpsConfigurator(new BothSides(RenewedTls.context(identity)))
                .withAuthenticator(new Readers())
                .withExecutorService(threads)
                .build();
        this.own = List.of(own);
        this.own.forEach(CollectorRegistry.defaultRegistry::register);
        LOG.info("metrics at {} port {}", address.getAddress(), port());
    }

    public int port() {
        return server.getPort();
    }

    @Override
    public void close() {
        server.close();
        threads.shutdownNow();
        own.forEach(CollectorRegistry.defaultRegistry::unregister);
    }

    private static final class BothSides extends HttpsConfigurator {
        BothSides(SSLContext context) {
            super(context);
        }

        @Override
        public void configure(HttpsParameters connection) {
            SSLParameters parameters = getSSLContext().getDefaultSSLParameters();
            parameters.setNeedClientAuth(true);
            connection.setSSLParameters(parameters);
        }
    }

    private static final class Readers extends Authenticator {
        @Override
        public Result authenticate(HttpExchange exchange) {
            try {
                if (exchange instanceof HttpsExchange tls
                        && tls.getSSLSession().getPeerCertificates()[0] instanceof X509Certificate shown) {
                    Peer peer = Peer.of(shown);
                    if (peer.role() == Peer.Role.MONITOR) return new Success(new HttpPrincipal(peer.name(), "tomte"));
                }
            } catch (SSLPeerUnverifiedException e) {
                LOG.debug("a caller without a certificate", e);
            }
            return new Failure(FORBIDDEN);
        }
    }
}

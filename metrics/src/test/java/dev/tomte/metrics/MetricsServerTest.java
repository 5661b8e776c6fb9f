package dev.tomte.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.authority.Authority;
import dev.tomte.contracts.Identity;
import dev.tomte.contracts.Peer;
import io.prometheus.client.Gauge;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsServerTest {
    private static final Gauge OWN = Gauge.build("a_thing", "Of this test.").create();

    @TempDir
    private Path directory;

    private Authority authority;
    private Identity self;
    private MetricsServer server;

    @BeforeEach
    void serve() throws IOException {
        authority = Authority.open(directory.resolve("authority"));
        self = authority.issue(directory, "ws1", Peer.Role.HOST);
        server = new MetricsServer(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), self, OWN);
    }

    @AfterEach
    void end() {
        server.close();
    }

    private HttpResponse<String> get(SSLContext tls) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newBuilder()
                .sslContext(tls)
                .connectTimeout(Duration.ofSeconds(10))
                .build()) {
            return http.send(
                    HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + server.port() + "/metrics"))
                            .timeout(Duration.ofSeconds(10))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    private HttpResponse<String> getAs(Peer.Role role) throws IOException, InterruptedException {
        return get(authority.issue(directory, "caller", role).sslContext());
    }

    @Test
    void aMonitorReadsWhatIsMeasured() throws IOException, InterruptedException {
        HttpResponse<String> answer = getAs(Peer.Role.MONITOR);
        assertEquals(200, answer.statusCode());
        assertTrue(answer.body().contains("\na_thing 0.0\n"), answer::body);
        assertTrue(answer.body().contains("jvm_threads_current"), answer::body);
    }

    @Test
    void nobodyElseReadsIt() throws IOException, InterruptedException {
        for (Peer.Role role : Peer.Role.values())
            if (role != Peer.Role.MONITOR) {
                HttpResponse<String> answer = getAs(role);
                assertEquals(403, answer.statusCode(), role::word);
                assertFalse(answer.body().contains("a_thing"), role::word);
            }
    }

    @Test
    void whoShowsNoCertificateOrAStrangersReadsNothing() throws IOException, GeneralSecurityException {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        try (var crt = java.nio.file.Files.newInputStream(self.authority())) {
            trusted.setCertificateEntry(
                    "ca", CertificateFactory.getInstance("X.509").generateCertificate(crt));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext nobody = SSLContext.getInstance("TLSv1.3");
        nobody.init(null, trust.getTrustManagers(), null);
        assertThrows(IOException.class, () -> get(nobody));

        Identity stranger = Authority.open(directory.resolve("other")).issue(directory, "other", Peer.Role.MONITOR);
        assertThrows(IOException.class, () -> get(stranger.sslContext()));
    }

    @Test
    void aRenewedCertificateIsShown() throws IOException, InterruptedException {
        Authority next = Authority.open(directory.resolve("next"));
        next.issue(self, new Peer("ws1", Peer.Role.HOST), List.of("127.0.0.1"), Duration.ofDays(1));
        SSLContext monitor = next.issue(directory, "monitor", Peer.Role.MONITOR).sslContext();
        assertEquals(200, get(monitor).statusCode());
    }
}

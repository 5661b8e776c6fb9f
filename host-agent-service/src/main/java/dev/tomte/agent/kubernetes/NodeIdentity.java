package dev.tomte.agent.kubernetes;

import dev.tomte.contracts.Identity;
import dev.tomte.contracts.IdentityFiles;
import dev.tomte.contracts.Json;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's certificate, which the migration service gives to whoever shows that the cluster has put it on the node: the
 * pod's service account token. Asked for again when half of its life is over.
 */
public final class NodeIdentity implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeIdentity.class);
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration AGAIN = Duration.ofSeconds(2);
    private static final int LOOK_MINUTES = 60;

    private final Identity identity;
    private final Asking asking;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("node-identity").factory());

    /**
     * @param url of the migration service
     * @param authority PEM file of the authority that it is trusted by
     * @param token file of the pod's token for the audience "tomte"; read anew each time, since the kubelet renews it
     */
    public record Asking(URI url, Path authority, Path token) {}

    public NodeIdentity(Identity identity, Asking asking) {
        this.identity = identity;
        this.asking = asking;
    }

    /** Returns when there is one; it is renewed from then on. */
    public void await() throws IOException {
        boolean said = false;
        while (!isYoung()) {
            try {
                renew();
            } catch (IOException e) {
                if (!said) LOG.warn("no certificate yet: {}", e.getMessage());
                said = true;
                pause();
            }
        }
        var _ = clock.scheduleWithFixedDelay(this::look, LOOK_MINUTES, LOOK_MINUTES, TimeUnit.MINUTES);
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(AGAIN.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private void look() {
        try {
            if (!isYoung()) renew();
        } catch (IOException e) {
            LOG.warn("the certificate is not renewed: {}", e.getMessage());
        }
    }

    /** Whether there is one that holds for a while. */
    private boolean isYoung() throws IOException {
        // of a release that was installed before, nobody trusts it any more
        if (!Files.exists(identity.certificate())
                || !certificate(identity.authority()).equals(certificate(asking.authority()))) return false;
        X509Certificate own = (X509Certificate) certificate(identity.certificate());
        Instant from = own.getNotBefore().toInstant();
        Duration life = Duration.between(from, own.getNotAfter().toInstant());
        return Instant.now().isBefore(from.plus(life.dividedBy(2)));
    }

    private void renew() throws IOException {
        HttpRequest request = HttpRequest.newBuilder(asking.url().resolve("/enrol"))
                .timeout(PATIENCE)
                .header(
                        "Authorization",
                        "Bearer " + Files.readString(asking.token()).strip())
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
        try (HttpClient client = HttpClient.newBuilder()
                .sslContext(trusting(asking.authority()))
                .connectTimeout(PATIENCE)
                .build()) {
            HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200)
                throw new IOException("%s answers %d".formatted(asking.url(), answer.statusCode()));
            write(Json.read(answer.body(), IdentityFiles.class).files());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private void write(Map<String, String> files) throws IOException {
        Files.createDirectories(
                identity.directory(),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        for (Map.Entry<String, String> file : files.entrySet()) {
            Path fresh = identity.directory().resolve("." + file.getKey() + ".new");
            Files.deleteIfExists(fresh);
            Files.createFile(fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(fresh, file.getValue());
            Files.move(fresh, identity.directory().resolve(file.getKey()), StandardCopyOption.ATOMIC_MOVE);
        }
        LOG.info("has a certificate for {}", identity.self().name());
    }

    private static SSLContext trusting(Path authority) throws IOException {
        try {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("authority", certificate(authority));
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLSv1.3");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException(authority + " cannot be trusted: " + e.getMessage(), e);
        }
    }

    private static Certificate certificate(Path file) throws IOException {
        try {
            return CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(file)));
        } catch (GeneralSecurityException e) {
            throw new IOException(file + " holds no certificate: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}

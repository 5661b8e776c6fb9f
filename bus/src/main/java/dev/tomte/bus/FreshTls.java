package dev.tomte.bus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import javax.net.ssl.SSLEngine;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.common.security.auth.SslEngineFactory;
import org.apache.kafka.common.security.ssl.DefaultSslEngineFactory;
import org.jspecify.annotations.Nullable;

/**
 * TLS whose certificates are read anew for each connection: Kafka's own clients read them once, and are refused for ever
 * when that certificate has ended. They make it themselves.
 */
public final class FreshTls implements SslEngineFactory {
    /** The client's setting that holds the {@link Tls}. */
    static final String SETTING = "tomte.tls";

    private static final String PKCS_8 = "-----BEGIN PRIVATE KEY-----";

    private Map<String, ?> settings = Map.of();

    /** @throws KafkaException if a file is not there or not what it should be */
    @Override
    public void configure(Map<String, ?> settings) {
        this.settings = Map.copyOf(withoutNulls(settings));
        now().close();
    }

    @Override
    public SSLEngine createClientSslEngine(String host, int port, String identification) {
        return now().createClientSslEngine(host, port, identification);
    }

    private DefaultSslEngineFactory now() {
        Tls tls = (Tls) Objects.requireNonNull(settings.get(SETTING), SETTING);
        Map<String, Object> all = new HashMap<>(settings);
        try {
            if (tls.authority().isPresent()) {
                all.put("ssl.truststore.type", "PEM");
                all.put(
                        "ssl.truststore.certificates",
                        new Password(Files.readString(tls.authority().get())));
            }
            if (tls.shown().isPresent()) {
                Tls.Shown shown = tls.shown().get();
                all.put("ssl.keystore.type", "PEM");
                all.put("ssl.keystore.certificate.chain", new Password(Files.readString(shown.certificate())));
                all.put("ssl.keystore.key", new Password(key(shown.key())));
            }
        } catch (IOException e) {
            throw new KafkaException("a file of TLS with the brokers cannot be read: " + e, e);
        }
        DefaultSslEngineFactory made = new DefaultSslEngineFactory();
        made.configure(all);
        return made;
    }

    private static String key(Path file) throws IOException {
        String key = Files.readString(file);
        if (!key.contains(PKCS_8)) throw new IOException(file + " holds no PKCS 8 key in PEM without a password");
        return key;
    }

    private static Map<String, Object> withoutNulls(Map<String, ?> settings) {
        Map<String, Object> all = new HashMap<>();
        settings.forEach((name, value) -> {
            if (value != null) all.put(name, value);
        });
        return all;
    }

    @Override
    public SSLEngine createServerSslEngine(String host, int port) {
        throw new UnsupportedOperationException("a client's only");
    }

    /** It is always as new as the files are. */
    @Override
    public boolean shouldBeRebuilt(Map<String, Object> next) {
        return false;
    }

    @Override
    public Set<String> reconfigurableConfigs() {
        return Set.of();
    }

    @Override
    public @Nullable KeyStore keystore() {
        return null;
    }

    @Override
    public @Nullable KeyStore truststore() {
        return null;
    }

    @Override
    public void close() {
        settings = Map.of();
    }
}

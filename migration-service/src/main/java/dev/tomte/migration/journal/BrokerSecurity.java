package dev.tomte.migration.journal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The Kafka clients' mutual TLS, from the PEM files of a certificate directory. */
public final class BrokerSecurity {
    private BrokerSecurity() {}

    /** @throws IOException if host.crt, host.key or ca.crt cannot be read */
    public static Map<String, Object> mutualTls(String servers, Path certificates) throws IOException {
        return Map.of(
                "bootstrap.servers",
                servers,
                "security.protocol",
                "SSL",
                "ssl.keystore.type",
                "PEM",
                "ssl.keystore.certificate.chain",
                Files.readString(certificates.resolve("host.crt")),
                "ssl.keystore.key",
                Files.readString(certificates.resolve("host.key")),
                "ssl.truststore.type",
                "PEM",
                "ssl.truststore.certificates",
                Files.readString(certificates.resolve("ca.crt")));
    }
}

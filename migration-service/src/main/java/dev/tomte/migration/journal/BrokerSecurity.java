package dev.tomte.migration.journal;

import dev.tomte.contracts.Identity;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;

/** The Kafka clients' mutual TLS, from an identity's PEM files. */
public final class BrokerSecurity {
    private BrokerSecurity() {}

    /** @throws IOException if one of them cannot be read */
    public static Map<String, Object> mutualTls(String servers, Identity identity) throws IOException {
        return Map.of(
                "bootstrap.servers",
                servers,
                "security.protocol",
                "SSL",
                "ssl.keystore.type",
                "PEM",
                "ssl.keystore.certificate.chain",
                Files.readString(identity.certificate()),
                "ssl.keystore.key",
                Files.readString(identity.key()),
                "ssl.truststore.type",
                "PEM",
                "ssl.truststore.certificates",
                Files.readString(identity.authority()));
    }
}

package dev.tomte.migration;

import java.nio.file.Path;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The settings below {@code tomte}.
 *
 * @param certificates directory with host.crt, host.key (PKCS #8) and ca.crt
 * @param bootstrapServers the broker's mutual TLS listener
 * @param port of the API
 * @param address the API listens on
 * @param replica this replica's name, for its logs
 * @param replication of the topics it makes
 */
@ConfigurationProperties("tomte")
public record MigrationSettings(
        Path certificates,
        String bootstrapServers,
        @DefaultValue("8443") int port,
        @DefaultValue("127.0.0.1") String address,
        @DefaultValue("migration-1") String replica,
        @DefaultValue("1") short replication) {}

package dev.tomte.migration;

import dev.tomte.contracts.Identity;
import java.nio.file.Path;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The settings below {@code tomte} that last as long as the service: {@link LiveLimits} may change meanwhile, and those
 * below {@code tomte.kafka} are {@link dev.tomte.bus.Connection}'s.
 *
 * @param name this replica's, for its logs
 * @param certificates the directory of its {@link Identity}
 * @param address the API listens on
 * @param port of the API
 * @param metrics where it says what it measures
 */
@ConfigurationProperties("tomte")
public record MigrationSettings(
        @DefaultValue("migration-1") String name,
        Path certificates,
        @DefaultValue("127.0.0.1") String address,
        @DefaultValue("8443") int port,
        @DefaultValue Metrics metrics) {
    /**
     * Below {@code tomte.metrics}.
     *
     * @param address to listen on; empty: the API's
     * @param port where it is not said, nothing is served
     */
    public record Metrics(
            @DefaultValue("") String address,
            @DefaultValue("0") int port) {}

    Identity identity() {
        return new Identity(certificates);
    }
}

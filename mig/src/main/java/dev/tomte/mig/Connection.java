package dev.tomte.mig;

import dev.tomte.contracts.Identity;
import dev.tomte.contracts.Trust;
import java.io.IOException;
import java.io.Reader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Properties;

/**
 * Where the API is, and who we are to it.
 *
 * @param endpoints the replicas' addresses, any of which will do
 */
record Connection(List<URI> endpoints, Credentials credentials) {
    /** The file that {@code ./tomte up} writes, of the fleet that the environment names. */
    static Path defaultFile() {
        String home = System.getenv().getOrDefault("TOMTE_HOME", "/var/lib/tomte");
        String fleet = System.getenv().getOrDefault("TOMTE_FLEET", "tomte");
        return Path.of(home, "fleets", fleet, "client.properties");
    }

    static Connection read(Path file) {
        if (!Files.exists(file))
            throw new Refused("there is no " + file + ": is the fleet up? ./tomte up brings it up");
        Properties properties = new Properties();
        try (Reader in = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            properties.load(in);
        } catch (IOException e) {
            throw new Refused(file + " cannot be read: " + e.getMessage());
        }
        String endpoints = properties.getProperty("endpoints", "");
        if (endpoints.isBlank()) throw new Refused(file + " must name 'endpoints'");
        return new Connection(
                List.of(endpoints.split(",", -1)).stream()
                        .map(String::strip)
                        .map(URI::create)
                        .toList(),
                credentials(file, properties));
    }

    private static Credentials credentials(Path file, Properties properties) {
        Optional<Path> certificates = path(properties, "certificates");
        Optional<Path> authority = path(properties, "authority");
        Optional<Path> token = path(properties, "token");
        if (certificates.isPresent() == authority.isPresent() || (token.isPresent() && authority.isEmpty()))
            throw new Refused(file + " must name either 'certificates' or 'authority', the latter with 'token' or with "
                    + Credentials.Token.VARIABLE + " in the environment");
        return certificates
                .<Credentials>map(it -> new Credentials.Certificate(new Identity(it)))
                .orElseGet(() -> new Credentials.Token(new Trust(authority.orElseThrow()), token));
    }

    private static Optional<Path> path(Properties properties, String name) {
        return Optional.of(properties.getProperty(name, "").strip())
                .filter(it -> !it.isEmpty())
                .map(Path::of);
    }
}

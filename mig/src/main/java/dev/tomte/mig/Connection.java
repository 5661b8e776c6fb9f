package dev.tomte.mig;

import dev.tomte.contracts.Identity;
import java.io.IOException;
import java.io.Reader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;

/**
 * Where the API is, and who we are to it.
 *
 * @param endpoints the replicas' addresses, any of which will do
 */
record Connection(List<URI> endpoints, Identity identity) {
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
        String certificates = properties.getProperty("certificates", "");
        if (endpoints.isBlank() || certificates.isBlank())
            throw new Refused(file + " must name 'endpoints' and 'certificates'");
        return new Connection(
                List.of(endpoints.split(",", -1)).stream()
                        .map(String::strip)
                        .map(URI::create)
                        .toList(),
                new Identity(Path.of(certificates)));
    }
}

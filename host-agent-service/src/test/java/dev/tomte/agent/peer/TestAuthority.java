package dev.tomte.agent.peer;

import dev.tomte.authority.Authority;
import dev.tomte.contracts.Identity;
import dev.tomte.contracts.Peer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The authority of a test, and its certificates as agents read them. */
public record TestAuthority(Authority authority) {
    public TestAuthority(Path directory) throws IOException {
        this(Authority.open(directory));
    }

    /** Writes a certificate into the directory: to be reached by this name and at 127.0.0.1. */
    public Certificates issue(Path directory, String name, Peer.Role role, Duration validFor) throws IOException {
        authority.issue(new Identity(directory), new Peer(name, role), List.of(name, "127.0.0.1"), validFor);
        return new Certificates(directory);
    }
}

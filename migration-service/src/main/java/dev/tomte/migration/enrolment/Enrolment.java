package dev.tomte.migration.enrolment;

import dev.tomte.authority.Authority;
import dev.tomte.contracts.Identity;
import dev.tomte.contracts.IdentityFiles;
import dev.tomte.contracts.Names;
import dev.tomte.contracts.Peer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

/** Gives a node's agent the certificate that says which node it speaks for. */
public final class Enrolment {
    private static final Logger LOG = LoggerFactory.getLogger(Enrolment.class);
    private static final Duration LIFE = Duration.ofDays(30);
    /** The name by which whoever monitors knows any node: one PodMonitor names one server for all of its pods. */
    private static final String ALL = "tomte-node";

    private final JsonMapper json;
    private final Authority authority;
    private final Vouching vouching;

    public Enrolment(JsonMapper json, Authority authority, Vouching vouching) {
        this.json = json;
        this.authority = authority;
        this.vouching = vouching;
    }

    /**
     * The files of an {@link Identity}, by their names, as JSON.
     *
     * @return empty if the token is no agent's
     */
    public Optional<byte[]> enrol(String token) throws IOException {
        Optional<String> node = vouching.node(token);
        if (node.isEmpty()) return Optional.empty();
        String name = Names.label("node", node.get());
        // held in memory only: a pod's /dev/shm
        Path directory = Files.createTempDirectory(Path.of("/dev/shm"), "enrol");
        try {
            authority.issue(new Identity(directory), new Peer(name, Peer.Role.HOST), List.of(name, ALL), LIFE);
            Map<String, String> files = new TreeMap<>();
            for (Path file : files(directory)) files.put(file.getFileName().toString(), Files.readString(file));
            LOG.info("node {} has a certificate", name);
            return Optional.of(json.writeValueAsBytes(new IdentityFiles(files)));
        } finally {
            for (Path file : files(directory)) Files.delete(file);
            Files.delete(directory);
        }
    }

    private static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.toList();
        }
    }
}

package dev.tomte.migration.enrolment;

import dev.tomte.authority.Authority;
import dev.tomte.contracts.Identity;
import dev.tomte.contracts.Peer;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Founds a release's certificate authority, once, and gives its own services their certificates, as Secrets; run before
 * each install and upgrade, which renews those that are half over.
 */
public final class Founding {
    private final KubernetesClient cluster;
    private final String namespace;
    private final Path directory;

    private Founding(KubernetesClient cluster, String namespace, Path directory) {
        this.cluster = cluster;
        this.namespace = namespace;
        this.directory = directory;
    }

    /** @param args the release's namespace, a directory in memory, and {@code broker} if the release has one */
    public static void main(String[] args) throws IOException {
        boolean hasBroker = args.length == 3 && args[2].equals("broker");
        if (args.length != 2 && !hasBroker) {
            System.err.println("usage: Founding NAMESPACE DIRECTORY [broker]");
            System.exit(2);
        }
        try (KubernetesClient cluster = new KubernetesClientBuilder().build()) {
            new Founding(cluster, args[0], Path.of(args[1])).run(hasBroker);
        }
    }

    private void run(boolean hasBroker) throws IOException {
        take("tomte-authority", directory.resolve("authority"));
        Authority authority = Authority.open(directory.resolve("authority"));
        keep("tomte-authority", directory.resolve("authority"));
        // what agents without a certificate need to know, and nothing more
        Path trust = Files.createDirectories(directory.resolve("trust"));
        Files.copy(directory.resolve("authority/ca.crt"), trust.resolve("ca.crt"), StandardCopyOption.REPLACE_EXISTING);
        keep("tomte-trust", trust);
        if (hasBroker)
            certificate(authority, "broker", Peer.Role.BROKER, names("tomte-broker", "localhost", "127.0.0.1"));
        certificate(authority, "migration", Peer.Role.MIGRATION, names("tomte-migration", "localhost", "127.0.0.1"));
        certificate(authority, "mig", Peer.Role.MIG, List.of("mig"));
        certificate(authority, "monitor", Peer.Role.MONITOR, List.of("monitor"));
    }

    private List<String> names(String service, String... more) {
        Stream<String> own =
                Stream.of(service, service + "." + namespace, service + "." + namespace + ".svc", service + "-0");
        return Stream.concat(own, Stream.of(more)).toList();
    }

    private void certificate(Authority authority, String name, Peer.Role role, List<String> names) throws IOException {
        Path own = directory.resolve(name);
        take("tomte-" + name, own);
        if (authority.ensure(new Identity(own), new Peer(name, role), names)) keep("tomte-" + name, own);
    }

    /** What an earlier run has kept. */
    private void take(String secret, Path into) throws IOException {
        var kept = cluster.secrets().inNamespace(namespace).withName(secret).get();
        if (kept == null || kept.getData() == null) return;
        Files.createDirectories(into);
        for (Map.Entry<String, String> file : kept.getData().entrySet())
            Files.write(into.resolve(file.getKey()), Base64.getDecoder().decode(file.getValue()));
    }

    private void keep(String secret, Path from) throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> all = Files.list(from)) {
            for (Path file : all.filter(Files::isRegularFile).toList())
                files.put(file.getFileName().toString(), Base64.getEncoder().encodeToString(Files.readAllBytes(file)));
        }
        cluster.resource(new SecretBuilder()
                        .withNewMetadata()
                        .withName(secret)
                        .withNamespace(namespace)
                        .addToLabels("app.kubernetes.io/part-of", "tomte")
                        .endMetadata()
                        .withData(files)
                        .build())
                .createOr(existing -> existing.update());
        System.out.println("Secret " + secret + " is there");
    }
}

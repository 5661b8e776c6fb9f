package dev.tomte.benchmarks.cluster;

import dev.tomte.benchmarks.freeze.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The release that is up on the project's cluster, and a way to its API. */
final class Release implements AutoCloseable {
    static final String NAMESPACE = "tomte";
    private static final int PORT = 18444;
    private static final long LIMIT = TimeUnit.MINUTES.toNanos(1);

    private final String launcher;
    private final Path connection;
    private final Process forward;
    private final List<String> nodes;

    private Release(String launcher, Path connection, Process forward, List<String> nodes) {
        this.launcher = launcher;
        this.connection = connection;
        this.forward = forward;
        this.nodes = nodes;
    }

    /** @param directory where its certificates are put */
    static Release connect(String launcher, Path directory) throws IOException, InterruptedException {
        Path certificates = Files.createDirectories(directory.resolve("mig"));
        for (String file : List.of("host.crt", "host.key", "ca.crt")) {
            String path = "jsonpath={.data." + file.replace(".", "\\.") + "}";
            String value = asked(launcher, "-n", NAMESPACE, "get", "secret", "tomte-mig", "-o", path);
            Files.write(certificates.resolve(file), Base64.getDecoder().decode(value.strip()));
        }
        Path connection = directory.resolve("client.properties");
        Files.writeString(
                connection, "endpoints=https://127.0.0.1:%d%ncertificates=%s%n".formatted(PORT, certificates));
        String names = "jsonpath={.items[*].spec.nodeName}";
        String component = "app.kubernetes.io/component=node";
        List<String> nodes = List.of(asked(launcher, "-n", NAMESPACE, "get", "pods", "-l", component, "-o", names)
                .strip()
                .split(" ", -1));
        Process forward = new ProcessBuilder(
                        launcher,
                        "cluster",
                        "kubectl",
                        "-n",
                        NAMESPACE,
                        "port-forward",
                        "service/tomte-migration",
                        PORT + ":8443")
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("forward.log").toFile())
                .start();
        Release release = new Release(
                launcher, connection, forward, nodes.stream().sorted().toList());
        release.await();
        return release;
    }

    private void await() throws IOException, InterruptedException {
        long begun = System.nanoTime();
        while (true) {
            try {
                mig("hosts", "-o", "json");
                return;
            } catch (IOException e) {
                if (System.nanoTime() - begun > LIMIT) throw e;
                Thread.sleep(500);
            }
        }
    }

    /** The nodes on which its agents are. */
    List<String> nodes() {
        return nodes;
    }

    String kubectl(String... arguments) throws IOException, InterruptedException {
        return asked(launcher, arguments);
    }

    private static String asked(String launcher, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(launcher, "cluster", "kubectl"));
        command.addAll(List.of(arguments));
        return Shell.run(command);
    }

    String mig(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(launcher, "mig"));
        command.addAll(List.of(arguments));
        command.addAll(List.of("--connection", connection.toString()));
        return Shell.run(command);
    }

    @Override
    public void close() {
        forward.descendants().forEach(ProcessHandle::destroy);
        forward.destroy();
    }
}

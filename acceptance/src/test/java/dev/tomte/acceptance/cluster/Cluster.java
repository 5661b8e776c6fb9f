package dev.tomte.acceptance.cluster;

import static org.awaitility.Awaitility.await;

import dev.tomte.acceptance.HostSettings;
import dev.tomte.acceptance.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The project's own cluster, with the chart installed from this checkout; {@code ./tomte check --cluster} makes it. */
final class Cluster implements AutoCloseable {
    static final String RELEASE = "tomte";
    private static final Duration COMMAND = Duration.ofMinutes(4);
    private static final Duration UP = Duration.ofMinutes(10);
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    /** Where {@code ./tomte images} writes. */
    private static final Path IMAGES =
            Path.of(Objects.requireNonNullElse(System.getenv("TOMTE_HOME"), "/var/lib/tomte"), "images");

    private static final int PORT = 18443;

    private static boolean isInstalled;

    private final Process forward;
    private final Path connection;
    /** For those who show a token. */
    private final Path users;

    private Cluster(Process forward, Path connection, Path users) {
        this.forward = forward;
        this.connection = connection;
        this.users = users;
    }

    /** With the release of this checkout: the first time installs or upgrades it, and waits until all of it is ready. */
    static Cluster up(Path directory) throws IOException {
        if (!isInstalled) {
            upgrade();
            isInstalled = true;
        }
        return connected(directory);
    }

    static void uninstall() {
        isInstalled = false;
        helm("uninstall", RELEASE, "--wait", "--timeout=6m");
    }

    /**
     * The chart of this checkout with the images that were written last, on nodes that nothing but their owners makes
     * busy; what is not set is as the chart has it.
     */
    static void upgrade(String... settings) {
        List<String> install = new ArrayList<>(List.of("upgrade", "--install", RELEASE));
        install.addAll(List.of(ROOT.resolve("helm/tomte").toString(), "--create-namespace", "--wait", "--timeout=8m"));
        install.addAll(List.of("--values", IMAGES.resolve("values.yaml").toString()));
        // no volumes are to be had there
        install.addAll(List.of("--set", "broker.persistence.enabled=false"));
        HostSettings.CALM.forEach((name, value) -> install.addAll(
                List.of("--set-string", "node.properties.%s=%s".formatted(name.replace(".", "\\."), value))));
        install.addAll(List.of(settings));
        helm(install.toArray(String[]::new));
    }

    /** In the release's namespace; must succeed. */
    static String helm(String... arguments) {
        List<String> all = new ArrayList<>(List.of("cluster", "helm"));
        all.addAll(List.of(arguments));
        all.addAll(List.of("--namespace", RELEASE));
        return tomte(UP, all.toArray(String[]::new)).expect(0).out().strip();
    }

    /** Changes one of the settings that count at once; null: as it was before any was. */
    static void setting(String name, @Nullable String value) {
        String json = value == null ? "null" : "\"" + value + "\"";
        String patch = "{\"data\": {\"%s\": %s}}".formatted(name, json);
        kubectl("-n", RELEASE, "patch", "configmap", "tomte-settings", "--type=merge", "-p", patch);
    }

    /** The number of the release's newest revision. */
    static String revision() {
        List<String> history = helm("history", RELEASE, "--max=1").lines().toList();
        return history.getLast().split("\\s+", 2)[0];
    }

    private static Cluster connected(Path directory) throws IOException {
        Path certificates = Files.createDirectories(directory.resolve("mig"));
        for (String file : List.of("host.crt", "host.key", "ca.crt"))
            Files.write(
                    certificates.resolve(file),
                    Base64.getDecoder()
                            .decode(kubectl(
                                    "-n",
                                    RELEASE,
                                    "get",
                                    "secret",
                                    "tomte-mig",
                                    "-o",
                                    "jsonpath={.data." + file.replace(".", "\\.") + "}")));
        Path connection = directory.resolve("client.properties");
        Files.writeString(
                connection, "endpoints=https://127.0.0.1:%d%ncertificates=%s%n".formatted(PORT, certificates));
        Path users = directory.resolve("user.properties");
        Files.writeString(
                users,
                "endpoints=https://127.0.0.1:%d%nauthority=%s%n".formatted(PORT, certificates.resolve("ca.crt")));
        // it ends with the replica that it leads to
        String forever =
                "while :; do \"$0\" cluster kubectl -n %s port-forward service/tomte-migration %d:8443; sleep 1; done"
                        .formatted(RELEASE, PORT);
        Process forward = new ProcessBuilder(
                        "sh", "-c", forever, ROOT.resolve("tomte").toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("forward.log").toFile())
                .start();
        Cluster cluster = new Cluster(forward, connection, users);
        await("the API answers")
                .atMost(COMMAND)
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> cluster.mig("hosts").status() == 0);
        return cluster;
    }

    private static List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(ROOT.resolve("tomte").toString()));
        command.addAll(List.of(arguments));
        return command;
    }

    static Shell.Result tomte(Duration limit, String... arguments) {
        return Shell.run(limit, Map.of(), command(arguments));
    }

    /** What kubectl says, which must succeed. */
    static String kubectl(String... arguments) {
        return tried(arguments).expect(0).out().strip();
    }

    static Shell.Result tried(String... arguments) {
        List<String> all = new ArrayList<>(List.of("cluster", "kubectl"));
        all.addAll(List.of(arguments));
        return tomte(COMMAND, all.toArray(String[]::new));
    }

    Shell.Result mig(String... arguments) {
        return mig(Map.of(), connection, arguments);
    }

    /** As the user whose token it is. */
    Shell.Result migBy(String token, String... arguments) {
        return mig(Map.of("TOMTE_TOKEN", token), users, arguments);
    }

    private static Shell.Result mig(Map<String, String> environment, Path connection, String... arguments) {
        List<String> all = new ArrayList<>(List.of("mig"));
        all.addAll(List.of(arguments));
        all.addAll(List.of("--connection", connection.toString()));
        return Shell.run(COMMAND, environment, command(all.toArray(String[]::new)));
    }

    @Override
    public void close() {
        List<ProcessHandle> all = forward.descendants().toList();
        forward.destroy();
        all.forEach(ProcessHandle::destroy);
    }
}

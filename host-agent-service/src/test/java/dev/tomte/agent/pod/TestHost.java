package dev.tomte.agent.pod;

import dev.tomte.linux.Cgroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** A host for tests: an overlay root and a tmpfs, all gone at the end. */
public final class TestHost implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Path directory;
    private final FleetHost host;
    private final FleetPods pods;

    private static final long GUEST_MEMORY = 1L << 30;

    public TestHost(String name) throws IOException {
        directory = Files.createTempDirectory("tomte-agent-test");
        for (String part : List.of("upper", "work", "root", "run", "logs"))
            Files.createDirectory(directory.resolve(part));
        command(
                "mount",
                "-t",
                "overlay",
                "-o",
                "lowerdir=/,upperdir=" + directory.resolve("upper") + ",workdir=" + directory.resolve("work"),
                "tomte-test",
                directory.resolve("root").toString());
        command(
                "mount",
                "-t",
                "tmpfs",
                "-o",
                "mode=755",
                "tomte-test",
                directory.resolve("run").toString());
        Path home = directory.resolve("root/home/tomte");
        Files.createDirectories(home);
        Files.setAttribute(home, "unix:uid", 1000);
        Files.setAttribute(home, "unix:gid", 1000);
        host = new FleetHost(
                name,
                directory.resolve("root"),
                directory.resolve("run"),
                directory.resolve("logs"),
                tools(),
                new Cgroup(Cgroup.mount().resolve(directory.getFileName().toString())),
                GUEST_MEMORY,
                List.of("/var/lib/tomte", "/root", "/run", "/tmp"));
        pods = new FleetPods(host);
    }

    /** Where the build puts stub, enter and criu. */
    public static Path tools() {
        String named = System.getenv("TOMTE_TOOLS");
        return Path.of(named == null ? "/var/lib/tomte/tools" : named);
    }

    public Path directory() {
        return directory;
    }

    public FleetHost host() {
        return host;
    }

    public FleetPods pods() {
        return pods;
    }

    public Path root() {
        return host.root();
    }

    private static void command(String... command) throws IOException {
        Process process = new ProcessBuilder(command).inheritIO().start();
        if (process.onExit().join().exitValue() != 0) throw new IOException(String.join(" ", command) + " failed");
    }

    @Override
    public void close() throws IOException {
        for (Pod pod : pods.find()) pods.remove(pod);
        host.cgroup().remove(PATIENCE);
        pods.close();
        for (String mounted : List.of("run", "root"))
            command("umount", "-l", directory.resolve(mounted).toString());
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path one : all.toList().reversed()) Files.delete(one);
        }
    }
}

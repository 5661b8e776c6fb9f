package dev.tomte.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Each program goes home -> ws2 -> ws3 -> home while it works, and checks itself at its end. */
@Order(2)
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class MovesTest {
    private static final Duration COMPILE = Duration.ofMinutes(1);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path scratch;

    private final Fleet fleet = Fleet.up();

    private void tour(String name, String... command) {
        try (Guest guest = Guest.run(fleet, "ws1", name, command)) {
            guest.progress(20);
            for (String target : List.of("ws2", "ws3", "home")) {
                guest.migrate(target);
                guest.progress(20);
            }
            assertEquals("ws1", guest.status().holder());
            guest.finish();
        }
    }

    @Test
    void aShellScriptWithChildrenAndPipes() throws IOException {
        fleet.install("ws1", "shell.sh", Programs.source("shell.sh"));
        tour("shell", "sh", "shell.sh", "shell");
    }

    @Test
    void pythonWithThreads() throws IOException {
        assertTrue(Files.exists(Path.of("/usr/bin/python3")), "no /usr/bin/python3; ./tomte check installs it");
        fleet.install("ws1", "threads.py", Programs.source("threads.py"));
        tour("python", "/usr/bin/python3", "threads.py", "python");
    }

    @Test
    void node() throws IOException {
        Path node = Stream.of("/usr/bin/node", "/usr/bin/nodejs")
                .map(Path::of)
                .filter(Files::exists)
                .findFirst()
                .orElse(Path.of("/nonexistent"));
        assertTrue(Files.exists(node), "node is not installed; ./tomte check installs it");
        fleet.install("ws1", "timers.js", Programs.source("timers.js"));
        tour("node", node.toString(), "timers.js", "node");
    }

    @Test
    void aJvmUnderLoad() throws IOException {
        Path java = Path.of(System.getProperty("java.home"));
        Path source = scratch.resolve("Load.java");
        Files.write(source, Programs.source("Load.java"));
        Shell.run(
                        COMPILE,
                        Map.of(),
                        List.of(java.resolve("bin/javac").toString(), "-d", scratch.toString(), source.toString()))
                .expect(0);
        try (Stream<Path> classes = Files.list(scratch)) {
            for (Path file :
                    classes.filter(path -> path.toString().endsWith(".class")).toList())
                fleet.install("ws1", file.getFileName().toString(), Files.readAllBytes(file));
        }
        tour(
                "jvm",
                java.resolve("bin/java").toString(),
                "-Xmx48m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                "/home/tomte",
                "Load",
                "jvm");
    }

    @Test
    void aProgramInCWithEverything() throws IOException {
        fleet.install("ws1", "everything", Programs.compiled("everything", scratch));
        tour("everything", "./everything", "everything");
    }
}

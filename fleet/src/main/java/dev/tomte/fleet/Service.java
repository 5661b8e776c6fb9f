package dev.tomte.fleet;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One of the fleet's JVMs and its keeper, a shell that starts it again when it dies. Both belong to a session and a
 * cgroup of their own and outlive whoever started them.
 *
 * @param prefix of its files in the run directory
 * @param command what the keeper runs
 * @param fingerprint of what it must be restarted for when it changes
 */
record Service(String name, Path prefix, Path cgroup, Path log, List<String> command, String fingerprint) {
    /** How long one may take to end when asked to; then it is killed. */
    private static final Duration PATIENCE = Slowness.limit(Duration.ofSeconds(8));

    private Path file(String suffix) {
        return prefix.resolveSibling(prefix.getFileName() + suffix);
    }

    /** The service's JVM, if it lives. */
    Optional<LiveProcess> process() throws IOException {
        return LiveProcess.of(file(".pid"));
    }

    private Optional<LiveProcess> keeper() throws IOException {
        return LiveProcess.of(file(".keeper"));
    }

    /** Whether it is kept, from the same command, by what was started before. */
    private boolean isCurrent() throws IOException {
        return keeper().isPresent()
                && Files.exists(file(".command"))
                && Files.readString(file(".command")).equals(whole());
    }

    private String whole() {
        return String.join("\n", command) + "\n" + fingerprint + "\n";
    }

    /** Whether it had to be started. */
    boolean start() throws IOException {
        if (isCurrent()) return false;
        stop();
        Files.createDirectories(cgroup);
        Files.createDirectories(prefix.toAbsolutePath().getParent());
        Files.createDirectories(log.toAbsolutePath().getParent());
        Files.deleteIfExists(file(".stop"));
        Files.writeString(file(".command"), whole());
        List<String> all = new ArrayList<>(List.of(
                "setsid", "-f", "sh", keepScript().toString(), prefix.toString(), cgroup.toString(), log.toString()));
        all.addAll(command);
        Process starter = new ProcessBuilder(all)
                .directory(Path.of("/").toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        try {
            if (starter.waitFor() != 0) throw new FleetException(name + " cannot be started; see " + log);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FleetException("interrupted while " + name + " was started");
        }
        return true;
    }

    private Path keepScript() throws IOException {
        Path script = prefix.resolveSibling("keep.sh");
        try (InputStream in = Service.class.getResourceAsStream("keep.sh")) {
            if (in == null) throw new IllegalStateException("keep.sh is missing from the jar");
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            // a running shell reads its script as it goes: never write into it
            Path draft = prefix.resolveSibling("keep.sh." + name);
            Files.writeString(draft, text);
            Files.move(draft, script, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
        }
        return script;
    }

    /** Asks it to end, and its keeper to start it no more. */
    void ask() throws IOException {
        if (keeper().isEmpty() && process().isEmpty()) return;
        Files.writeString(file(".stop"), "");
        process().ifPresent(jvm -> jvm.signal("TERM"));
    }

    /** Ends it; kills it if it does not end by itself. */
    void stop() throws IOException {
        ask();
        await();
    }

    /** Waits for the end that was asked for. */
    void await() throws IOException {
        Instant deadline = Instant.now().plus(PATIENCE);
        while (keeper().isPresent() || process().isPresent()) {
            if (Instant.now().isAfter(deadline)) {
                keeper().ifPresent(shell -> shell.signal("KILL"));
                process().ifPresent(jvm -> jvm.signal("KILL"));
            }
            pause();
        }
    }

    /** Kills it, as a crash would, and leaves it dead. */
    void crash() throws IOException {
        Files.writeString(file(".stop"), "");
        process().ifPresent(jvm -> jvm.signal("KILL"));
        await();
    }

    static void pause() {
        try {
            Thread.sleep(50);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FleetException("interrupted");
        }
    }

    /** The last lines of its log, for an error's message. */
    String lastWords() {
        try {
            if (!Files.exists(log)) return "";
            List<String> lines = Files.readAllLines(log, StandardCharsets.ISO_8859_1);
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

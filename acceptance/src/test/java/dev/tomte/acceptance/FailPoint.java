package dev.tomte.acceptance;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** A point of a move at which a host's agent stands still until it is released: files in the host's directory. */
final class FailPoint implements Stage.Point {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final String name;
    private final Path pause;
    private final Path paused;

    private FailPoint(String host, String name) {
        this.name = host + " at " + name;
        Path directory = Fleet.run().resolve(host).resolve("pause");
        pause = directory.resolve("pause-" + name);
        paused = directory.resolve("paused-" + name);
    }

    /** For the moves of one process only. */
    static FailPoint of(String process, String host, String name) throws IOException {
        return at(host, name + "@" + process);
    }

    /** @param name side and state, as {@code source-FROZEN} */
    static FailPoint at(String host, String name) throws IOException {
        FailPoint point = new FailPoint(host, name);
        Files.createDirectories(point.pause.getParent());
        // one that was killed while it stood here has left it
        Files.deleteIfExists(point.paused);
        Files.writeString(point.pause, "");
        return point;
    }

    @Override
    public void awaitPaused() {
        await(name).atMost(LIMIT).pollInterval(Duration.ofMillis(20)).until(() -> Files.exists(paused));
    }

    @Override
    public void release() {
        try {
            Files.deleteIfExists(pause);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

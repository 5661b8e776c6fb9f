package dev.tomte.agent.process;

import dev.tomte.contracts.Json;
import dev.tomte.contracts.ProcessStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/** What became of processes that have ended: remembered for a day, and not more than some. Any thread. */
final class Ended {
    private static final Logger LOG = LoggerFactory.getLogger(Ended.class);
    private static final Duration REMEMBERED = Duration.ofDays(1);
    private static final int MOST = 1000;

    private final Path directory;

    Ended(Path directory) throws IOException {
        this.directory = Files.createDirectories(directory);
    }

    /** When this returns it is remembered, whoever dies. */
    synchronized void remember(ProcessStatus status) throws IOException {
        Path fresh = directory.resolve("." + status.process());
        Files.writeString(fresh, Json.write(status));
        Files.move(fresh, file(status.process()), StandardCopyOption.ATOMIC_MOVE);
    }

    Optional<ProcessStatus> find(String process) throws IOException {
        return read(file(process));
    }

    private Path file(String process) {
        return directory.resolve(process + ".json");
    }

    private static Optional<ProcessStatus> read(Path file) throws IOException {
        try {
            return Optional.of(Json.read(Files.readString(file), ProcessStatus.class));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (JacksonException | IllegalArgumentException e) {
            LOG.warn("{} cannot be read: {}", file, e.getMessage());
            return Optional.empty();
        }
    }

    List<ProcessStatus> all() throws IOException {
        List<ProcessStatus> all = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith(".json")).toList())
                read(file).ifPresent(all::add);
        }
        all.sort(Comparator.comparing(ProcessStatus::since));
        return all;
    }

    /** Forgets what is too old or too much; which processes that were. */
    synchronized List<String> forgetOld() throws IOException {
        List<ProcessStatus> all = all();
        Instant before = Instant.now().minus(REMEMBERED);
        List<String> forgotten = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            ProcessStatus status = all.get(i);
            if (i >= all.size() - MOST && status.since().isAfter(before)) continue;
            Files.deleteIfExists(file(status.process()));
            forgotten.add(status.process());
        }
        return forgotten;
    }
}

package dev.tomte.agent.pod;

import dev.tomte.contracts.Json;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/** What is written down of pods, each in a directory of its own on the tmpfs, so that a later agent finds them. */
public final class PodRecords {
    private static final Logger LOG = LoggerFactory.getLogger(PodRecords.class);
    private static final String RECORD = "pod.json";

    private PodRecords() {}

    /** The directories of pods below that one, with what is written down of each; empty for one that died half made. */
    public static List<Found> in(Path directory) throws IOException {
        List<Found> found = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(directory)) {
            for (Path one : all) found.add(new Found(one, read(one)));
        }
        return found;
    }

    /** @param record empty: it has none */
    public record Found(Path directory, Optional<PodRecord> record) {}

    private static Optional<PodRecord> read(Path directory) {
        try {
            return Optional.of(Json.read(Files.readString(directory.resolve(RECORD)), PodRecord.class));
        } catch (IOException | JacksonException | IllegalArgumentException e) {
            LOG.warn("pod directory {} has no record: {}", directory, e.getMessage());
            return Optional.empty();
        }
    }

    public static void write(Pod pod) throws IOException {
        Path fresh = pod.directory().resolve(RECORD + ".new");
        Files.writeString(fresh, Json.write(pod.record()));
        Files.move(fresh, pod.directory().resolve(RECORD), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Removes a pod's directory with all that is in it. Nothing to do for one that is removed. */
    public static void delete(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path one : all.toList().reversed()) Files.deleteIfExists(one);
        } catch (NoSuchFileException e) {
            LOG.debug("{} is removed already", directory);
        }
    }
}

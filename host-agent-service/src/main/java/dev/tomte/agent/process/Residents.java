package dev.tomte.agent.process;

import dev.tomte.agent.pod.PodRecord;
import dev.tomte.contracts.Json;
import dev.tomte.contracts.Names;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/**
 * Which processes have their home here, on a disk. All else that is known of them is in the machine's memory: without
 * this nobody would ever say that those have ended which ended with the machine. Any thread.
 */
final class Residents {
    private static final Logger LOG = LoggerFactory.getLogger(Residents.class);
    private static final String SUFFIX = ".json";

    private final Path directory;

    Residents(Path directory) throws IOException {
        this.directory = Files.createDirectories(directory);
    }

    /** To be called before anybody else is told of it. */
    synchronized void remember(PodRecord home) throws IOException {
        Path file = file(home.process());
        if (Files.exists(file)) return;
        Path fresh = directory.resolve("." + home.process());
        Files.writeString(fresh, Json.write(home));
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Its end is remembered elsewhere, or it never began. */
    synchronized void forget(String process) {
        try {
            Files.deleteIfExists(file(process));
        } catch (IOException e) {
            LOG.warn("{} stays written down as at home here: {}", process, e.getMessage());
        }
    }

    /** Their home pods, as they were when they began. */
    synchronized List<PodRecord> all() throws IOException {
        List<PodRecord> all = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "[!.]*" + SUFFIX)) {
            for (Path file : files) {
                try {
                    all.add(Json.read(Files.readString(file), PodRecord.class));
                } catch (JacksonException | IllegalArgumentException e) {
                    LOG.warn("{} cannot be read: {}", file, e.getMessage());
                    Files.delete(file);
                }
            }
        }
        return all;
    }

    private Path file(String process) {
        return directory.resolve(Names.label("process", process) + SUFFIX);
    }
}

package dev.tomte.agent.process;

import dev.tomte.agent.pod.PodRecord;
import dev.tomte.contracts.Json;
import dev.tomte.contracts.Names;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.linux.ProcFs;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
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

    /**
     * What there is to say of it, and how its home's stub is known. Not its environment, which may hold what no disk
     * should.
     */
    record Resident(ProcessStatus status, int stubPid, long stubStart) {
        Resident {
            Objects.requireNonNull(status);
        }

        boolean isAlive() {
            return new ProcFs(stubPid).startedAt(stubStart);
        }
    }

    Residents(Path directory) throws IOException {
        this.directory = Files.createDirectories(directory);
    }

    /** To be called before anybody else is told of it. */
    synchronized void remember(ProcessStatus status, PodRecord home) throws IOException {
        Path file = file(status.process());
        if (Files.exists(file)) return;
        Path fresh = directory.resolve("." + status.process());
        Files.writeString(fresh, Json.write(new Resident(status, home.stubPid(), home.stubStart())));
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

    synchronized List<Resident> all() throws IOException {
        List<Resident> all = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "[!.]*" + SUFFIX)) {
            for (Path file : files) {
                try {
                    all.add(Json.read(Files.readString(file), Resident.class));
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

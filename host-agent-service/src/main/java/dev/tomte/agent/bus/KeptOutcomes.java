package dev.tomte.agent.bus;

import dev.tomte.agent.move.Outcomes;
import dev.tomte.contracts.Json;
import dev.tomte.contracts.Names;
import dev.tomte.contracts.Outcome;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/**
 * Outcomes, of which the ends of moves are in files from before their notes are cleared until the broker has them: so an
 * agent that is killed between leaves no move without its end. The files live as long as the stubs do, on the tmpfs. Any
 * thread.
 */
public final class KeptOutcomes implements Outcomes {
    private static final Logger LOG = LoggerFactory.getLogger(KeptOutcomes.class);

    private final Path directory;
    private final Voice voice;

    /** Publishes what an earlier life of the agent has kept. */
    public KeptOutcomes(Path directory, Voice voice) throws IOException {
        this.directory = Files.createDirectories(directory);
        this.voice = voice;
        try (DirectoryStream<Path> all = Files.newDirectoryStream(directory, "*.json")) {
            for (Path file : all) publishAgain(file);
        }
    }

    private void publishAgain(Path file) throws IOException {
        try {
            publish(Json.read(Files.readString(file), Outcome.class));
        } catch (JacksonException | IllegalArgumentException e) {
            LOG.warn("{} holds no outcome: {}", file, e.getMessage());
            Files.delete(file);
        }
    }

    @Override
    public void publish(Outcome outcome) {
        voice.publish(outcome, () -> drop(outcome));
    }

    @Override
    public void keep(Outcome end) {
        Path file = file(end);
        try {
            Path fresh = file.resolveSibling(file.getFileName() + ".new");
            Files.writeString(fresh, Json.write(end));
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            LOG.warn("the end of {} is not kept: {}", end.migration(), e.getMessage());
        }
    }

    private void drop(Outcome outcome) {
        if (outcome.state() == null || !outcome.state().isFinal()) return;
        try {
            Files.deleteIfExists(file(outcome));
        } catch (IOException e) {
            LOG.warn("the end of {} stays kept: {}", outcome.migration(), e.getMessage());
        }
    }

    private Path file(Outcome outcome) {
        return directory.resolve(Names.label("migration", String.valueOf(outcome.migration())) + ".json");
    }
}

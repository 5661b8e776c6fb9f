package dev.tomte.agent.criu;

import dev.tomte.contracts.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;

/**
 * A program that has run nowhere yet, as it takes the place of images.
 *
 * @param command with its arguments
 * @param environment all of it
 * @param cwd an absolute directory
 */
public record Program(List<String> command, Map<String, String> environment, String cwd) {
    /** Transfers take what ends like this. */
    private static final String FILE = "program.img";

    public Program {
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
        if (command.isEmpty()) throw new IllegalArgumentException("a program without a name");
    }

    /** @param images a directory that has no images */
    public void write(Path images) throws IOException {
        Files.writeString(images.resolve(FILE), Json.write(this));
    }

    static Program read(Path images) throws IOException {
        try {
            return Json.read(Files.readString(images.resolve(FILE)), Program.class);
        } catch (JacksonException | IllegalArgumentException e) {
            throw new IOException("what is to begin is not a program: " + e.getMessage(), e);
        }
    }
}

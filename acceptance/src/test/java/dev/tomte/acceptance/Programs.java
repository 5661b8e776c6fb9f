package dev.tomte.acceptance;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The tests' own programs: the resources below /programs. */
public final class Programs {
    private static final Duration COMPILE = Duration.ofMinutes(1);

    private Programs() {}

    public static byte[] source(String file) throws IOException {
        try (InputStream in = Programs.class.getResourceAsStream("/programs/" + file)) {
            if (in == null) throw new IOException(file + " is missing");
            return in.readAllBytes();
        }
    }

    /** @param scratch a directory in which to build */
    public static byte[] compiled(String name, Path scratch) throws IOException {
        Path source = scratch.resolve(name + ".c");
        Path binary = scratch.resolve(name);
        Files.write(source, source(name + ".c"));
        Shell.run(COMPILE, Map.of(), List.of("gcc", "-O1", "-pthread", "-o", binary.toString(), source.toString()))
                .expect(0);
        return Files.readAllBytes(binary);
    }
}

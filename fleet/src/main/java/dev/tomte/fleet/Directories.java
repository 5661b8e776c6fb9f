package dev.tomte.fleet;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Directories as a whole. */
final class Directories {
    private Directories() {}

    /** Deletes a directory with all in it; follows no links, and refuses while something is mounted below it. */
    static void delete(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) return;
        List<Path> mounted = Mounts.below(directory);
        if (!mounted.isEmpty()) throw new FleetException(directory + " cannot be deleted: mounted are " + mounted);
        List<Path> deepestFirst;
        try (Stream<Path> all = Files.walk(directory)) {
            deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : deepestFirst) Files.deleteIfExists(path);
    }

    static void deleteIfEmpty(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) return;
        try (Stream<Path> all = Files.list(directory)) {
            if (all.findAny().isPresent()) return;
        }
        Files.deleteIfExists(directory);
    }
}

package dev.tomte.fleet;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What is mounted, as proc(5)'s mountinfo says. */
final class Mounts {
    private static final Path MOUNTINFO = Path.of("/proc/self/mountinfo");

    private Mounts() {}

    /** All mount points, oldest first. */
    static List<Path> points() {
        try {
            return Files.readAllLines(MOUNTINFO).stream()
                    .map(line -> Path.of(unescape(line.split(" ", -1)[4])))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static boolean isMounted(Path point) {
        return points().contains(point);
    }

    static List<Path> below(Path directory) {
        return points().stream().filter(point -> point.startsWith(directory)).toList();
    }

    /** Unmounts everything below a directory, the newest first; what is busy disappears when it is no longer. */
    static void unmountBelow(Path directory) {
        for (Path point : below(directory).reversed())
            if (!Tool.attempt("umount", point.toString()).ok()) Tool.attempt("umount", "-l", point.toString());
    }

    /** The kernel writes blanks and their like as three octal digits. */
    private static String unescape(String field) {
        return field.replace("\\040", " ")
                .replace("\\011", "\t")
                .replace("\\012", "\n")
                .replace("\\134", "\\");
    }
}

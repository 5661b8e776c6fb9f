package dev.tomte.idle.signal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** A small text file of the kernel's or of logind's. */
final class SmallFile {
    private static final int LONGEST = 64 * 1024;

    private SmallFile() {}

    /** Its text; bytes that are no ASCII stand as they are, for nothing here depends on them. */
    static String text(Path path) throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            byte[] bytes = in.readNBytes(LONGEST + 1);
            if (bytes.length > LONGEST) throw new IOException(path + " is longer than " + LONGEST + " bytes");
            return new String(bytes, StandardCharsets.ISO_8859_1);
        }
    }

    /** Lines of a name, a separator and a value; the last of a name wins, other lines do not count. */
    static Map<String, String> pairs(Path path, char separator) throws IOException {
        Map<String, String> pairs = new HashMap<>();
        for (String line : text(path).split("\n", -1)) {
            int at = line.indexOf(separator);
            if (at > 0) pairs.put(line.substring(0, at), line.substring(at + 1).strip());
        }
        return pairs;
    }

    /** A number that must be there; a unit may follow it. */
    static long number(Path path, Map<String, String> pairs, String name) throws IOException {
        try {
            return Long.parseLong(pairs.getOrDefault(name, "").split(" ", -1)[0]);
        } catch (NumberFormatException e) {
            throw new IOException(path + " has no number '" + name + "'", e);
        }
    }
}

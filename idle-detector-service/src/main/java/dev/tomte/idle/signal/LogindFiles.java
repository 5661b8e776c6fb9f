package dev.tomte.idle.signal;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** The files that logind keeps of its objects, one a file. Beside them lie FIFOs (ID.ref), never to be opened. */
record LogindFiles(Path directory) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9]{1,64}");

    /** By id; empty where there is no logind. */
    Optional<Map<String, Map<String, String>>> read() throws IOException {
        Map<String, Map<String, String>> objects = new HashMap<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                String id = entry.getFileName().toString();
                if (!NAME.matcher(id).matches() || !Files.isRegularFile(entry, LinkOption.NOFOLLOW_LINKS)) continue;
                try {
                    objects.put(id, SmallFile.pairs(entry, '='));
                } catch (NoSuchFileException e) {
                    // ended just now
                }
            }
            return Optional.of(objects);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }
}

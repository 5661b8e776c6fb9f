package dev.tomte.images;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;

/** Values for the chart that name the images beside them by their content: what another build has changed, an upgrade replaces. */
final class ChartValues {
    private ChartValues() {}

    /**
     * @param tags of each image that the chart names, by its short name
     * @return where they are
     */
    static Path write(Path directory, SortedMap<String, String> tags) throws IOException {
        StringBuilder text = new StringBuilder("images:\n  tags:\n");
        tags.forEach((image, tag) ->
                text.append("    ").append(image).append(": \"").append(tag).append("\"\n"));
        return Files.writeString(directory.resolve("values.yaml"), text);
    }
}

package dev.tomte.images;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArchivesTest {
    @TempDir
    Path directory;

    @Test
    void anArchiveHasTheNameOfItsContentToo() throws Exception {
        Path stub = Files.writeString(directory.resolve("stub"), "one");
        Image image = new Image(
                "localhost/tomte/stub:1",
                null,
                List.of(Layers.programs("stub", "/", List.of(stub))),
                List.of("/stub"),
                Map.of(),
                "65532");
        String digest = image.digest();
        Archives archives = new Archives(directory.resolve("out"), directory.resolve("cache"), "amd64");
        assertTrue(archives.write(image, digest));
        assertFalse(archives.write(image, digest), "it is there");
        Path into = Files.createDirectory(directory.resolve("into"));
        new Program("tar", "-C", into.toString(), "-xf", archives.of(image).toString(), "manifest.json").run();
        String names =
                "\"RepoTags\":[\"localhost/tomte/stub:1\",\"localhost/tomte/stub:1-" + digest.substring(0, 12) + "\"]";
        String manifest = Files.readString(into.resolve("manifest.json"));
        assertTrue(manifest.contains(names), manifest);
    }

    @Test
    void theChartIsToldTheTags() throws Exception {
        Path values = ChartValues.write(directory, new TreeMap<>(Map.of("node", "1-b", "broker", "1-a")));
        assertEquals("images:\n  tags:\n    broker: \"1-a\"\n    node: \"1-b\"\n", Files.readString(values));
    }
}

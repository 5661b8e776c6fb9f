package dev.tomte.images;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DigestTest {
    @Test
    void wordsAreNotRunTogether() {
        assertNotEquals(Digest.of("ab", "c"), Digest.of("a", "bc"));
    }

    @Test
    void anImageIsItsContentsAndNotTheirTimes(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("stub"), "one");
        String one = image(file).digest();
        Files.writeString(file, "one");
        assertEquals(one, image(file).digest());
        Files.writeString(file, "two");
        assertNotEquals(one, image(file).digest());
    }

    @Test
    void anImageHasAShortName(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("stub"), "one");
        assertEquals("stub", image(file).shortName());
    }

    @Test
    void theTagOfItsContentIsANewOneForEachContent(@TempDir Path directory) throws IOException {
        Image image = image(Files.writeString(directory.resolve("stub"), "one"));
        String one = image.contentTag(image.digest());
        assertEquals("1-" + image.digest().substring(0, 12), one);
        Files.writeString(directory.resolve("stub"), "two");
        assertNotEquals(one, image.contentTag(image.digest()));
    }

    @Test
    void anImageIsWhatIsBelowItToo(@TempDir Path directory) throws IOException {
        Path base = Files.writeString(directory.resolve("base"), "one");
        Image image = new Image("localhost/tomte/node:1", base, List.of(), List.of(), Map.of(), "");
        String one = image.digest();
        Files.writeString(base, "two");
        assertNotEquals(one, image.digest());
    }

    private static Image image(Path file) {
        FileEntriesLayer layer = Layers.programs("stub", "/", List.of(file));
        return new Image("localhost/tomte/stub:1", null, List.of(layer), List.of("/stub"), Map.of(), "65532");
    }
}

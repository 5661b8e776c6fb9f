package dev.tomte.agent.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PositionsTest {
    @TempDir
    private Path directory;

    private Positions notes(String cluster) {
        Positions notes = new Positions(directory.resolve("commands"));
        notes.keepThoseOf(cluster);
        return notes;
    }

    @Test
    void whatWasReadOfOneKafkaSaysNothingOfAnother() throws IOException {
        notes("one").note(3, 42);
        assertEquals(OptionalLong.of(42), notes("one").of(3));
        assertEquals(OptionalLong.empty(), notes("other").of(3));
        notes("other").note(5, 7);
        assertEquals(OptionalLong.empty(), notes("one").of(3));
        assertEquals(OptionalLong.empty(), notes("one").of(5));
    }

    @Test
    void notesWithoutANameAreOfTheKafkaThatIsThere() throws IOException {
        Files.writeString(directory.resolve("commands"), "3=42\n");
        assertEquals(OptionalLong.of(42), notes("one").of(3));
    }
}

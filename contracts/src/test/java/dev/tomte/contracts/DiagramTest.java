package dev.tomte.contracts;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class DiagramTest {
    @Test
    void thePageShowsTheTable() throws IOException {
        Path page = Path.of(System.getProperty("tomte.source", ".."), "docs/how-a-move-works.md");
        assertTrue(
                Files.readString(page).contains("```mermaid\n" + MoveTable.mermaid() + "```"),
                "docs/how-a-move-works.md is out of date; its diagram should be:\n" + MoveTable.mermaid());
    }
}

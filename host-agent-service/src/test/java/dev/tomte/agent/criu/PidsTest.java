package dev.tomte.agent.criu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PidsTest {
    @TempDir
    private Path images;

    private void tree(int... pids) throws IOException {
        for (int pid : pids) Files.createFile(images.resolve("core-" + pid + ".img"));
    }

    @Test
    void criuGetsPidsAboveThoseOfTheTree() throws IOException {
        tree(2, 7, 29_000);
        Files.createFile(images.resolve("mm-31000.img"));
        assertEquals(30_000, Pids.apartFrom(images));
        assertEquals(29_000, Pids.last(images));
    }

    @Test
    void aTreeThatHasThemLeavesTheWidestGap() throws IOException {
        tree(2, 400, 20_000, 31_000, 32_500);
        assertEquals(400, Pids.apartFrom(images));
        assertEquals(20_000, Pids.last(images));
    }

    @Test
    void withoutAnyRoomItSaysSo() throws IOException {
        for (int pid = 300; pid < 32_700; pid += 150) tree(pid);
        assertThrows(IOException.class, () -> Pids.apartFrom(images));
    }
}

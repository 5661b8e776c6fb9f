package dev.tomte.agent.criu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
        assertEquals(30_000, Pids.of(images).apart());
        assertEquals(29_000, Pids.of(images).last());
    }

    @Test
    void aTreeThatHasThemLeavesTheWidestGap() throws IOException {
        tree(2, 400, 20_000, 31_000, 32_500);
        assertEquals(400, Pids.of(images).apart());
        assertEquals(20_000, Pids.of(images).last());
    }

    @Test
    void theyAreInEachOthersWayOnlyWhereCriuHasItsOwn() throws IOException {
        tree(2, 30_000, 30_201);
        assertTrue(Pids.of(images).areApartFrom(30_000));
        tree(30_200);
        assertFalse(Pids.of(images).areApartFrom(30_000));
    }

    @Test
    void withoutAnyRoomItSaysSo() throws IOException {
        for (int pid = 300; pid < 32_700; pid += 150) tree(pid);
        assertThrows(IOException.class, () -> Pids.of(images).apart());
    }
}

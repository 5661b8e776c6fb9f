package dev.tomte.agent.process;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
final class ProcessLogTest {
    private static final long KEPT = 1L << 20;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @Test
    void keepsTheEndOfALongOneWhereItWas() throws IOException {
        Path file = directory.resolve("log");
        ProcessLog log = new ProcessLog(file);
        byte[] written = new byte[(int) (7 * KEPT + 12_345)];
        new Random(1991).nextBytes(written);
        Files.write(file, written);

        log.bound(KEPT);
        assertEquals(written.length, Files.size(file));
        assertKeeps(log, written);

        // the stub has it open, and writes on
        byte[] more = "more\n".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        Files.write(file, more, StandardOpenOption.APPEND);
        long begin = log.begin();
        log.bound(KEPT);
        assertEquals(begin, log.begin());
        byte[] all = Files.readAllBytes(file);
        assertArrayEquals(more, Arrays.copyOfRange(all, all.length - more.length, all.length));
    }

    private static void assertKeeps(ProcessLog log, byte[] written) throws IOException {
        int begin = (int) log.begin();
        assertTrue(begin > written.length - 2 * KEPT && begin <= written.length - KEPT, "begins at " + begin);
        byte[] all = Files.readAllBytes(log.file());
        assertArrayEquals(
                Arrays.copyOfRange(written, begin, written.length), Arrays.copyOfRange(all, begin, all.length));
    }

    @Test
    void leavesAShortOneAlone() throws IOException {
        Path file = directory.resolve("log");
        ProcessLog log = new ProcessLog(file);
        log.bound(KEPT);
        Files.createFile(file);
        assertEquals(0, log.begin());
        Files.write(file, new byte[] {1, 2, 3});
        log.bound(KEPT);
        assertEquals(0, log.begin());
        assertArrayEquals(new byte[] {1, 2, 3}, Files.readAllBytes(file));
    }
}

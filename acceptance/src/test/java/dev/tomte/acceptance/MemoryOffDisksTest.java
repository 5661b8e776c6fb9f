package dev.tomte.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nothing of a process's memory comes onto a disk when it moves: whatever is written to any of the fleet's disks meanwhile
 * is looked through for a mark that is nowhere but in the memory. Afterwards nothing of it is in the tmpfs either.
 */
@Order(7)
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class MemoryOffDisksTest {
    private static final int MARK = 24;
    private static final int XOR = 0x2a;
    private static final int MIB = 48;

    private final Fleet fleet = Fleet.up();

    /** What is written, watched by fanotify(7) in a process of its own. */
    private static final class Watch implements AutoCloseable {
        private final Process process;
        private final BufferedReader lines;

        Watch(Path program, String masked, List<String> places) throws IOException {
            List<String> command = new ArrayList<>(List.of("/usr/bin/python3", program.toString(), masked));
            command.addAll(places);
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            lines = process.inputReader(StandardCharsets.UTF_8);
            assertEquals("watching", lines.readLine());
        }

        /** What it has found; the last line says at how many files it has looked. */
        List<String> end() throws IOException {
            process.getOutputStream().close();
            return lines.lines().toList();
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

    @Test
    void onlyInMemory(@TempDir Path scratch) throws IOException {
        byte[] mark = new byte[MARK];
        new SecureRandom().nextBytes(mark);
        byte[] masked = mark.clone();
        for (int i = 0; i < MARK; i++) masked[i] ^= XOR;
        String hex = HexFormat.of().formatHex(masked);
        Path program = scratch.resolve("watch_disks.py");
        Files.write(program, Programs.source("watch_disks.py"));
        fleet.install("ws1", "marked.py", Programs.source("marked.py"));
        List<String> places = new ArrayList<>(List.of(Fleet.state().toString(), "/tomte/" + Fleet.name() + "/"));
        for (String host : Fleet.HOSTS) places.add(fleet.root(host).toString());
        Path control = Fleet.state().resolve("marked");
        try (Guest guest =
                        Guest.run(fleet, "ws1", "marked", "/usr/bin/python3", "marked.py", hex, Integer.toString(MIB));
                Watch watch = new Watch(program, hex, places)) {
            guest.progress(5);
            for (String target : List.of("ws2", "ws3", "home")) {
                long bytes = guest.migrate(target).bytes();
                assertTrue(bytes > (long) MIB << 20, "only " + bytes + " bytes were moved");
            }
            guest.finish();
            // what it would look like
            Files.write(control, mark);
            List<String> found = watch.end();
            assertEquals(List.of("found " + control), found.subList(0, found.size() - 1));
            assertTrue(found.getLast().matches("looked at [1-9][0-9]*"), found::toString);
            for (String host : Fleet.HOSTS) assertEquals(List.of(), inImages(host));
        } finally {
            Files.deleteIfExists(control);
        }
    }

    private static List<Path> inImages(String host) throws IOException {
        try (Stream<Path> all = Files.list(Fleet.run().resolve(host).resolve("images"))) {
            return all.toList();
        }
    }
}

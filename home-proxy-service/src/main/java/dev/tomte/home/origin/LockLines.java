package dev.tomte.home.origin;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The locks on an open file, as proc(5) tells them in fdinfo: {@code lock: 1: OFDLCK ADVISORY READ -1 0:32:7 0 EOF}. */
final class LockLines {
    private static final int KIND = 2;
    private static final int TYPE = 4;
    private static final int START = 7;
    private static final int END = 8;

    private LockLines() {}

    /** @param kind FLOCK, OFDLCK, or "" for all */
    static int count(SharedFd fd, String kind) {
        return (int) of(fd).stream()
                .filter(fields -> kind.isEmpty() || fields[KIND].equals(kind))
                .count();
    }

    /** A struct flock for each locked range that is of this type. */
    static List<MemorySegment> ranges(SharedFd fd, int type) {
        List<MemorySegment> ranges = new ArrayList<>();
        String word = type == 0 ? "READ" : "WRITE";
        for (String[] fields : of(fd)) {
            if (!fields[KIND].equals("OFDLCK") || !fields[TYPE].equals(word)) continue;
            MemorySegment lock = Arena.ofAuto().allocate(32, 8);
            long start = Long.parseLong(fields[START]);
            lock.set(JAVA_SHORT, 0, (short) type);
            lock.set(JAVA_LONG, 8, start);
            lock.set(JAVA_LONG, 16, fields[END].equals("EOF") ? 0 : Long.parseLong(fields[END]) - start + 1);
            ranges.add(lock);
        }
        return ranges;
    }

    private static List<String[]> of(SharedFd fd) {
        if (!fd.hold()) return List.of();
        try (fd) {
            return Files.readAllLines(Path.of("/proc/self/fdinfo/" + fd.value())).stream()
                    .filter(line -> line.startsWith("lock:"))
                    .map(line -> line.split("\\s+", -1))
                    .filter(fields -> fields.length > END)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

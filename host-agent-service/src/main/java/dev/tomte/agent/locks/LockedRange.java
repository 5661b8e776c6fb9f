package dev.tomte.agent.locks;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.FileCalls;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Bytes of a file that are locked, as proc(5) tells in fdinfo: {@code lock: 1: POSIX ADVISORY READ 7 0:32:7 0 EOF}.
 *
 * @param exclusive whether for writing
 * @param start the first byte's offset
 * @param length in bytes; 0: to the end, wherever that is
 */
record LockedRange(boolean exclusive, long start, long length) {
    private static final int KIND = 2;
    private static final int TYPE = 4;
    private static final int START = 7;
    private static final int END = 8;
    private static final short F_RDLCK = 0;
    private static final short F_WRLCK = 1;
    private static final short F_UNLCK = 2;

    /** Those of one kind that an fdinfo tells of. */
    static List<LockedRange> in(String info, String kind) {
        return info.lines()
                .filter(line -> line.startsWith("lock:"))
                .map(line -> line.split("\\s+", -1))
                .filter(fields -> fields.length > END && fields[KIND].equals(kind))
                .map(LockedRange::of)
                .toList();
    }

    private static LockedRange of(String[] fields) {
        long start = Long.parseLong(fields[START]);
        return new LockedRange(
                fields[TYPE].equals("WRITE"),
                start,
                fields[END].equals("EOF") ? 0 : Long.parseLong(fields[END]) - start + 1);
    }

    /** Those of an open file of this JVM. */
    static List<LockedRange> of(Fd file) throws IOException {
        return in(Files.readString(Path.of("/proc/self/fdinfo/" + file.value())), "OFDLCK");
    }

    /** A struct flock that locks it. */
    MemorySegment lock(Arena arena) {
        return flock(arena, exclusive ? F_WRLCK : F_RDLCK);
    }

    /** A struct flock that lets go of it. */
    MemorySegment unlock(Arena arena) {
        return flock(arena, F_UNLCK);
    }

    private MemorySegment flock(Arena arena, short type) {
        MemorySegment flock = arena.allocate(32, 8);
        flock.set(JAVA_SHORT, 0, type);
        flock.set(JAVA_LONG, 8, start);
        flock.set(JAVA_LONG, 16, length);
        return flock;
    }

    /** Locks it for an open file, or lets go. */
    static void set(Fd file, MemorySegment flock) throws Errno {
        long result = FileCalls.fcntl(file.value(), FileCalls.F_OFD_SETLK, flock.address());
        if (result < 0) throw new Errno("lock a file for a process", (int) -result);
    }
}

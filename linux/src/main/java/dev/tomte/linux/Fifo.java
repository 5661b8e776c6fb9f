package dev.tomte.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** A named pipe, fifo(7). */
public final class Fifo {
    private static final long WRITE = 1;
    private static final long OPENAT = 257;
    private static final long MKNODAT = 259;
    private static final int AT_FDCWD = -100;
    private static final int S_IFIFO = 0x1000;
    private static final int WRONLY_NONBLOCK_NOFOLLOW_CLOEXEC = 1 | 0x800 | 0x20000 | 0x80000;

    private Fifo() {}

    /**
     * Makes one.
     *
     * @param mode permission bits, which the umask lessens
     * @throws Errno EEXIST if something has that name
     */
    public static void create(Path path, int mode) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(path.toString());
            Syscall.check("mkfifo " + path, Syscall.raw(MKNODAT, AT_FDCWD, name.address(), S_IFIFO | mode, 0));
        }
    }

    /**
     * Writes without ever waiting, neither for a reader nor for room.
     *
     * @throws Errno ENXIO (6) if nobody has it open to read, EAGAIN if it is full
     */
    public static void write(Path path, byte[] bytes) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(path.toString());
            MemorySegment data = arena.allocate(Math.max(1, bytes.length));
            MemorySegment.copy(bytes, 0, data, JAVA_BYTE, 0, bytes.length);
            try (Fd fd = new Fd((int) Syscall.check(
                    "open " + path,
                    Syscall.raw(OPENAT, AT_FDCWD, name.address(), WRONLY_NONBLOCK_NOFOLLOW_CLOEXEC, 0)))) {
                Syscall.check("write " + path, Syscall.raw(WRITE, fd.value(), data.address(), bytes.length));
            }
        }
    }
}

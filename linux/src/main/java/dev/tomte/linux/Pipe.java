package dev.tomte.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Both ends of a pipe(7), with close-on-exec.
 *
 * @param read the end to read from
 * @param write the end to write to
 */
public record Pipe(Fd read, Fd write) implements AutoCloseable {
    private static final long PIPE2 = 293;
    private static final long TEE = 276;
    private static final int O_CLOEXEC = 0x80000;
    private static final int SPLICE_F_NONBLOCK = 2;

    /** pipe2(2). */
    public static Pipe create() throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ends = arena.allocate(8, 8);
            Syscall.check("pipe2", Syscall.raw(PIPE2, ends.address(), O_CLOEXEC));
            return new Pipe(new Fd(ends.get(JAVA_INT, 0)), new Fd(ends.get(JAVA_INT, 4)));
        }
    }

    /** The inode number, by which others name this pipe: {@code pipe:[inode]}. */
    public long inode() throws IOException {
        String name = Files.readSymbolicLink(Path.of(read.path())).toString();
        return Long.parseLong(name.substring(name.indexOf('[') + 1, name.length() - 1));
    }

    /**
     * Copies what this pipe holds into another without consuming it (tee(2)); never waits.
     *
     * @return the bytes copied; 0 when there is nothing to copy, or no room for it
     */
    public static int tee(Fd from, Fd to, int bytes) throws Errno {
        long copied = Syscall.raw(TEE, from.value(), to.value(), bytes, SPLICE_F_NONBLOCK);
        return copied == -Errno.EAGAIN ? 0 : (int) Syscall.check("tee", copied);
    }

    @Override
    public void close() {
        read.close();
        write.close();
    }
}

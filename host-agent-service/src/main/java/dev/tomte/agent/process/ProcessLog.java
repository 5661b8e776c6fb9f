package dev.tomte.agent.process;

import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.FileCalls;
import dev.tomte.linux.OpenAt;
import dev.tomte.linux.Syscall;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * What a process wrote, in a file that its home's stub appends to. Of a long one only the end is kept: what goes is a hole,
 * so that the offsets of the rest stay what they were, for the stub and for whoever reads. Any thread.
 */
record ProcessLog(Path file) {
    /** Bytes of a log that are kept, at least; twice as many at most, but for what is written until it is looked after. */
    static final long KEPT = 16L << 20;

    private static final long BLOCK = 1L << 16;

    /** Lets go of all but the last bytes if there are more than twice as many. Nothing is done where there is no log. */
    void bound(long kept) throws IOException {
        try {
            long size = Files.size(file);
            long begin = begin();
            if (size - begin <= 2 * kept) return;
            long end = (size - kept) / BLOCK * BLOCK;
            try (Fd fd = OpenAt.open(file.toString(), OpenAt.O_WRONLY)) {
                Syscall.check("punch " + file, FileCalls.punch(fd.value(), begin, end - begin));
            }
        } catch (NoSuchFileException e) {
            return;
        }
    }

    /** Where what is kept begins; 0 for an empty one. */
    long begin() throws IOException {
        try (Fd fd = OpenAt.open(file.toString(), OpenAt.O_RDONLY)) {
            long data = FileCalls.seekData(fd.value(), 0);
            return data == -Errno.ENXIO ? 0 : Syscall.check("seek in " + file, data);
        }
    }
}

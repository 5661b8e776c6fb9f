package dev.tomte.home;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.FileCalls;
import dev.tomte.linux.OpenAt;
import dev.tomte.linux.Stat;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** One side's view of a directory that both sides change: by names, an open file and a mapping. For one thread. */
final class Side implements AutoCloseable {
    private static final String[] NAMES = {"a", "b", "c", "d/a", "d/b"};
    private static final String MAPPED = "mapped";
    private static final int MAPPED_BYTES = 8192;
    private static final int BUFFER = 16_384;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer = arena.allocate(BUFFER, 16);
    private final Stat stat = new Stat();
    private final Fd directory;
    private @Nullable Fd open;
    private long mapping;

    Side(Fd directory) {
        this.directory = directory;
    }

    /** Makes what must always be there. */
    List<String> make() {
        int dir = directory.value();
        FileCalls.mkdirat(dir, text("d"), 0755);
        int fd = (int) OpenAt.raw(dir, text(MAPPED), OpenAt.O_CREAT | OpenAt.O_RDWR, 0644);
        FileCalls.ftruncate(fd, MAPPED_BYTES);
        FileCalls.close(fd);
        return List.of();
    }

    private long text(String text) {
        return arena.allocateFrom(text).address();
    }

    List<String> change(Random random, int changes) {
        List<String> all = new ArrayList<>();
        for (int i = 0; i < changes; i++) all.add(change(random));
        return all;
    }

    String change(Random random) {
        int dir = directory.value();
        String a = NAMES[random.nextInt(NAMES.length)];
        String b = NAMES[random.nextInt(NAMES.length)];
        int size = 1 + random.nextInt(6000);
        int offset = random.nextInt(6000);
        byte fill = (byte) ('a' + random.nextInt(26));
        return switch (random.nextInt(12)) {
            case 0, 1 -> "write " + a + " " + write(a, OpenAt.O_CREAT | OpenAt.O_WRONLY, fill, size, offset);
            case 2 -> "replace " + a + " " + write(a, OpenAt.O_CREAT | OpenAt.O_WRONLY | OpenAt.O_TRUNC, fill, size, 0);
            case 3 -> "append " + a + " " + write(a, OpenAt.O_CREAT | OpenAt.O_WRONLY | OpenAt.O_APPEND, fill, size, 0);
            case 4 -> "rename " + a + " " + b + " " + FileCalls.renameat2(dir, text(a), dir, text(b), 0);
            case 5 -> "exchange " + a + " " + b + " " + FileCalls.renameat2(dir, text(a), dir, text(b), 2);
            case 6 -> "link " + a + " " + b + " " + FileCalls.linkat(dir, text(a), dir, text(b), 0);
            case 7 -> "unlink " + a + " " + FileCalls.unlinkat(dir, text(a), 0);
            case 8 -> "truncate " + a + " " + truncate(a, offset);
            case 9 -> "chmod " + a + " " + chmod(a, 0600 | (fill & 077));
            case 10 -> "store " + write(MAPPED, OpenAt.O_WRONLY, fill, size % 4096, offset % 4096);
            default -> flip(dir);
        };
    }

    private String flip(int dir) {
        long made = FileCalls.mkdirat(dir, text("e"), 0750);
        return made == 0 ? "mkdir e" : "rmdir e " + FileCalls.unlinkat(dir, text("e"), FileCalls.AT_REMOVEDIR);
    }

    private long write(String name, int flags, byte fill, int size, int offset) {
        long fd = OpenAt.raw(directory.value(), text(name), flags, 0644);
        if (fd < 0) return fd;
        buffer.asSlice(0, size).fill(fill);
        long result = (flags & OpenAt.O_APPEND) != 0
                ? FileCalls.write((int) fd, buffer.address(), size)
                : FileCalls.pwrite((int) fd, buffer.address(), size, offset);
        FileCalls.close((int) fd);
        return result;
    }

    private long truncate(String name, int size) {
        long fd = OpenAt.raw(directory.value(), text(name), OpenAt.O_WRONLY, 0);
        if (fd < 0) return fd;
        long result = FileCalls.ftruncate((int) fd, size);
        FileCalls.close((int) fd);
        return result;
    }

    private long chmod(String name, int mode) {
        long fd = OpenAt.raw(directory.value(), text(name), OpenAt.O_RDONLY, 0);
        if (fd < 0) return fd;
        long result = dev.tomte.linux.Syscall.raw(91, fd, mode);
        FileCalls.close((int) fd);
        return result;
    }

    /** Everything that can be seen from here. */
    String see() throws IOException {
        StringBuilder seen = new StringBuilder();
        for (String name : NAMES)
            seen.append(name).append(": ").append(look(name)).append('\n');
        seen.append("e: ").append(stat.at(directory.value(), text("e"))).append('\n');
        seen.append(list("")).append(list("d")).append('\n');
        if (stat.at(directory.value(), text(MAPPED)) == 0) seen.append(mapped());
        return seen.toString();
    }

    private String look(String name) {
        long result = stat.at(directory.value(), text(name));
        if (result < 0) return Errno.name((int) -result);
        String attributes = Integer.toOctalString(stat.mode()) + " " + stat.links() + " " + stat.size() + " "
                + stat.modified() + "." + stat.modifiedNanos();
        long fd = OpenAt.raw(directory.value(), text(name), OpenAt.O_RDONLY, 0);
        if (fd < 0) return attributes + " " + Errno.name((int) -fd);
        long bytes = FileCalls.pread((int) fd, buffer.address(), BUFFER, 0);
        FileCalls.close((int) fd);
        return attributes + " " + sum(bytes);
    }

    private String sum(long bytes) {
        int sum = 1;
        for (long i = 0; i < bytes; i++) sum = 31 * sum + buffer.get(JAVA_BYTE, i);
        return bytes + " " + sum;
    }

    private String list(String name) {
        long fd = name.isEmpty()
                ? OpenAt.raw(directory.value(), text("."), OpenAt.O_DIRECTORY, 0)
                : OpenAt.raw(directory.value(), text(name), OpenAt.O_DIRECTORY, 0);
        if (fd < 0) return Errno.name((int) -fd);
        TreeSet<String> names = new TreeSet<>();
        for (long bytes = 1; bytes > 0; ) {
            bytes = FileCalls.getdents((int) fd, buffer.address(), BUFFER);
            for (long at = 0; at < bytes; at += buffer.get(JAVA_SHORT_UNALIGNED, at + 16))
                names.add(buffer.getString(at + 19, StandardCharsets.US_ASCII));
        }
        FileCalls.close((int) fd);
        return names.toString();
    }

    /** What an open file and a mapping show that were there before. */
    private String mapped() throws IOException {
        Fd file = open;
        if (file == null) {
            open = file = OpenAt.open(directory, MAPPED, OpenAt.O_RDWR);
            mapping = Libc.map(file, MAPPED_BYTES, true);
        }
        String read = sum(FileCalls.pread(file.value(), buffer.address(), BUFFER, 0));
        Libc.copy(buffer.address(), mapping, MAPPED_BYTES);
        return read + " " + sum(MAPPED_BYTES);
    }

    @Override
    public void close() throws IOException {
        if (open != null) {
            Libc.unmap(mapping, MAPPED_BYTES);
            open.close();
        }
        arena.close();
    }
}

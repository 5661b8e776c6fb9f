package dev.tomte.home;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.FileCalls;
import dev.tomte.linux.OpenAt;
import dev.tomte.linux.Stat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;

/**
 * A sequence of system calls that a seed determines, below a directory, and what each of them answered. Two directories
 * that behave alike give the same.
 */
final class RandomCalls implements AutoCloseable {
    private static final int O_APPEND = OpenAt.O_APPEND;
    private static final String[] NAMES = {"a", "b", "c", "d", "e", "d/a", "d/b", "e/a", "e/b", "d/c/a", "d/c"};
    private static final int BUFFER = 20_000;

    private final Arena arena = Arena.ofConfined();
    private final Random random;
    private final Fd directory;
    private final Map<Integer, Integer> open = new HashMap<>();
    private final List<String> answers = new ArrayList<>();
    private final MemorySegment buffer = arena.allocate(BUFFER, 16);
    private final MemorySegment other = arena.allocate(256, 16);
    private final Stat stat = new Stat();

    RandomCalls(Fd directory, long seed) {
        this.directory = directory;
        random = new Random(seed);
    }

    List<String> run(int calls) {
        for (int i = 0; i < calls; i++) {
            String call = call();
            answers.add(i + " " + call);
        }
        return answers;
    }

    private String name() {
        return NAMES[random.nextInt(NAMES.length)];
    }

    private long text(String text) {
        return arena.allocateFrom(text).address();
    }

    /** A number, or the name of an error. */
    private static String said(long result) {
        return result < 0 ? Errno.name((int) -result) : Long.toString(result);
    }

    private static String done(long result) {
        return result < 0 ? Errno.name((int) -result) : "ok";
    }

    private String call() {
        int dir = directory.value();
        String a = name();
        String b = name();
        int slot = random.nextInt(6);
        int size = random.nextInt(BUFFER);
        int offset = random.nextInt(3 * BUFFER);
        byte fill = (byte) random.nextInt(256);
        int pick = random.nextInt(26);
        boolean flag = random.nextBoolean();
        return switch (pick) {
            case 0, 1, 2, 3 -> open(slot, a, OpenAt.O_CREAT | (flag ? OpenAt.O_RDWR : OpenAt.O_RDWR | O_APPEND), fill);
            case 4 -> open(slot, a, OpenAt.O_RDWR | (flag ? OpenAt.O_TRUNC : 0), fill);
            case 5 -> open(slot, a, OpenAt.O_CREAT | OpenAt.O_EXCL | OpenAt.O_WRONLY, fill);
            case 6, 7, 8 -> "write " + slot + " " + write(slot, size, fill);
            case 9 -> "pwrite " + slot + " " + pwrite(slot, size, offset, fill);
            case 10, 11 -> "read " + slot + " " + read(slot, size, offset, flag);
            case 12 -> "close " + slot + " " + close(slot);
            case 13 -> "ftruncate " + slot + " " + done(onOpen(slot, fd -> FileCalls.ftruncate(fd, offset)));
            case 14 -> "mkdir " + a + " " + done(FileCalls.mkdirat(dir, text(a), 0750));
            case 15 -> "rmdir " + a + " " + done(FileCalls.unlinkat(dir, text(a), FileCalls.AT_REMOVEDIR));
            case 16 -> "unlink " + a + " " + done(FileCalls.unlinkat(dir, text(a), 0));
            case 17 ->
                "rename " + a + " " + b + " "
                        + done(FileCalls.renameat2(dir, text(a), dir, text(b), flag ? 0 : fill & 3));
            case 18 -> "link " + a + " " + b + " " + done(FileCalls.linkat(dir, text(a), dir, text(b), 0));
            case 19 -> "symlink " + a + " " + b + " " + done(FileCalls.symlinkat(text(a), dir, text(b)));
            case 20 -> "readlink " + a + " " + readlink(a);
            case 21 -> "stat " + a + " " + look(stat.at(dir, text(a)));
            case 22 -> "fstat " + slot + " " + look(onOpen(slot, stat::of));
            case 23 -> "list " + a + " " + list(a);
            case 24 -> "times " + a + " " + times(a, offset);
            default ->
                flag
                        ? "fallocate " + slot + " "
                                + done(onOpen(slot, fd -> FileCalls.fallocate(fd, fill & 1, offset, size + 1L)))
                        : "chmod " + a + " " + chmod(a, 0700 | (fill & 077));
        };
    }

    private interface OnOpen {
        long call(int fd);
    }

    private long onOpen(int slot, OnOpen call) {
        Integer fd = open.get(slot);
        return fd == null ? -Errno.EBADF : call.call(fd);
    }

    private String open(int slot, String name, int flags, int mode) {
        close(slot);
        long fd = OpenAt.raw(directory.value(), text(name), flags | OpenAt.O_NONBLOCK, 0600 | (mode & 077));
        if (fd >= 0) open.put(slot, (int) fd);
        return "open " + slot + " " + name + " " + Integer.toOctalString(flags) + " " + done(fd);
    }

    private String close(int slot) {
        Integer fd = open.remove(slot);
        return fd == null ? "-" : said(FileCalls.close(fd));
    }

    private String write(int slot, int size, byte fill) {
        buffer.asSlice(0, size).fill(fill);
        return said(onOpen(slot, fd -> FileCalls.write(fd, buffer.address(), size)));
    }

    private String pwrite(int slot, int size, int offset, byte fill) {
        buffer.asSlice(0, size).fill(fill);
        return said(onOpen(slot, fd -> FileCalls.pwrite(fd, buffer.address(), size, offset)));
    }

    private String read(int slot, int size, int offset, boolean here) {
        long result = onOpen(
                slot,
                fd -> here
                        ? FileCalls.read(fd, buffer.address(), size)
                        : FileCalls.pread(fd, buffer.address(), size, offset));
        if (result < 0) return said(result);
        int sum = 1;
        for (byte each : buffer.asSlice(0, result).toArray(JAVA_BYTE)) sum = 31 * sum + each;
        return result + " " + sum;
    }

    private String readlink(String name) {
        long bytes = FileCalls.readlinkat(directory.value(), text(name), other.address(), 255);
        return bytes < 0
                ? said(bytes)
                : new String(other.asSlice(0, bytes).toArray(JAVA_BYTE), StandardCharsets.US_ASCII);
    }

    private String look(long result) {
        if (result < 0) return said(result);
        boolean directory = stat.type() == Stat.S_IFDIR;
        return Integer.toOctalString(stat.mode()) + " " + stat.links() + " " + stat.uid() + " " + stat.gid()
                // a directory's size is its file system's business
                + (directory ? "" : " " + stat.size());
    }

    private String list(String name) {
        long fd = OpenAt.raw(directory.value(), text(name), OpenAt.O_DIRECTORY, 0);
        if (fd < 0) return said(fd);
        TreeSet<String> names = new TreeSet<>();
        for (long bytes = 1; bytes > 0; ) {
            bytes = FileCalls.getdents((int) fd, buffer.address(), 200);
            for (long at = 0; at < bytes; at += buffer.get(java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED, at + 16))
                names.add(buffer.getString(at + 19) + ":" + buffer.get(JAVA_BYTE, at + 18));
        }
        FileCalls.close((int) fd);
        return names.toString();
    }

    private String times(String name, int seconds) {
        for (int i = 0; i < 2; i++) {
            other.set(JAVA_LONG, 16L * i, seconds);
            other.set(JAVA_LONG, 16L * i + 8, 123_456_789L);
        }
        long result =
                FileCalls.utimensat(directory.value(), text(name), other.address(), FileCalls.AT_SYMLINK_NOFOLLOW);
        if (result < 0) return said(result);
        stat.at(directory.value(), text(name));
        return stat.modified() + "." + stat.modifiedNanos();
    }

    private String chmod(String name, int mode) {
        // by descriptor, as there is no chmodat that takes a directory and does not follow
        long fd = OpenAt.raw(directory.value(), text(name), OpenAt.O_RDONLY | OpenAt.O_NONBLOCK, 0);
        if (fd < 0) return said(fd);
        long result = dev.tomte.linux.Syscall.raw(91, fd, mode);
        FileCalls.close((int) fd);
        return Integer.toOctalString(mode) + " " + said(result);
    }

    @Override
    public void close() {
        open.values().forEach(FileCalls::close);
        arena.close();
    }
}

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
    private static final String[] NAMES = {
        "a", "b", "c", "d", "e", "d/a", "d/b", "e/a", "e/b", "d/c/a", "d/c", "g", "r", "o", "x/a"
    };
    private static final int[] IDS = {1000, 2000, 0, 3000};
    private static final String[] ATTRIBUTES = {"user.a", "user.b", "trusted.c", "security.d"};
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
        int pick = random.nextInt(38);
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
            case 25 -> "chown " + a + " " + chown(a, flag ? -1 : IDS[fill & 3], IDS[offset & 3]);
            case 26 -> "setxattr " + a + " " + setAttribute(a, fill, size % 600);
            case 27 -> "getxattr " + a + " " + getAttribute(a, fill, flag ? BUFFER : size % 300);
            case 28 -> "listxattr " + a + " " + listAttributes(a, flag ? BUFFER : size % 20);
            case 29 -> "removexattr " + a + " " + done(FileCalls.removexattr(path(a), text(ATTRIBUTES[fill & 3])));
            case 30 -> "seek " + slot + " " + said(onOpen(slot, fd -> FileCalls.seek(fd, offset, flag ? 3 : 4)));
            case 31 -> "copy " + slot + " " + copy(slot, random.nextInt(6), offset, size);
            case 32 -> "temporary " + slot + " " + temporary(slot, b, flag);
            case 33 -> "access " + a + " " + done(FileCalls.faccessat2(dir, text(a), fill & 7, 0x200));
            case 34 -> "mkfifo " + a + " " + done(FileCalls.mknodat(dir, text(a), Stat.S_IFIFO | 0640, 0));
            case 35 -> "punch " + slot + " " + done(onOpen(slot, fd -> FileCalls.fallocate(fd, 3, offset, size + 1L)));
            case 36 -> "truncate " + a + " " + done(FileCalls.truncate(path(a), offset));
            default ->
                flag
                        ? "fallocate " + slot + " "
                                + done(onOpen(slot, fd -> FileCalls.fallocate(fd, fill & 1, offset, size + 1L)))
                        : "chmod " + a + " " + chmod(a, 0700 | (fill & 077));
        };
    }

    /** A path that leads to a name in the directory. */
    private long path(String name) {
        return text(directory.path() + "/" + name);
    }

    private String chown(String name, int user, int group) {
        return done(FileCalls.fchownat(directory.value(), text(name), user, group, FileCalls.AT_SYMLINK_NOFOLLOW));
    }

    private String setAttribute(String name, byte fill, int size) {
        buffer.asSlice(0, size).fill(fill);
        return done(FileCalls.setxattr(path(name), text(ATTRIBUTES[fill & 3]), buffer.address(), size, fill >> 2 & 3));
    }

    private String getAttribute(String name, byte fill, int size) {
        long bytes = FileCalls.getxattr(path(name), text(ATTRIBUTES[fill & 3]), buffer.address(), size);
        return said(bytes) + (bytes > 0 && size > 0 ? " " + buffer.get(JAVA_BYTE, 0) : "");
    }

    private String listAttributes(String name, int size) {
        long bytes = FileCalls.listxattr(path(name), buffer.address(), size);
        if (bytes <= 0 || size == 0) return said(bytes);
        TreeSet<String> names = new TreeSet<>();
        for (long at = 0; at < bytes; at += buffer.getString(at).length() + 1L) names.add(buffer.getString(at));
        return names.toString();
    }

    private String copy(int from, int to, int offset, int size) {
        other.set(JAVA_LONG, 0, offset / 2);
        other.set(JAVA_LONG, 8, offset);
        return to + " "
                + said(onOpen(
                        from,
                        source -> onOpen(
                                to,
                                target -> FileCalls.copyRange(
                                        source, other.address(), target, other.address() + 8, size))));
    }

    /** A file without a name, which may get one. */
    private String temporary(int slot, String name, boolean named) {
        close(slot);
        long fd = OpenAt.raw(directory.value(), text("."), OpenAt.O_TMPFILE | OpenAt.O_RDWR, 0640);
        if (fd < 0) return said(fd);
        open.put(slot, (int) fd);
        long linked = named
                ? FileCalls.linkat(
                        FileCalls.AT_FDCWD,
                        text("/proc/self/fd/" + fd),
                        directory.value(),
                        text(name),
                        FileCalls.AT_SYMLINK_FOLLOW)
                : 0;
        return name + " " + done(linked);
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

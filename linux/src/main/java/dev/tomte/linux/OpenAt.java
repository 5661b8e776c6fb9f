package dev.tomte.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Opening files: openat(2) and openat2(2). Any thread may call. */
public final class OpenAt {
    public static final int O_RDONLY = 0;
    public static final int O_WRONLY = 1;
    public static final int O_RDWR = 2;
    public static final int O_ACCMODE = 3;
    public static final int O_CREAT = 0100;
    public static final int O_EXCL = 0200;
    public static final int O_NOCTTY = 0400;
    public static final int O_TRUNC = 01000;
    public static final int O_APPEND = 02000;
    public static final int O_NONBLOCK = 04000;
    public static final int O_DSYNC = 010000;
    public static final int O_DIRECTORY = 0200000;
    public static final int O_NOFOLLOW = 0400000;
    public static final int O_NOATIME = 01000000;
    public static final int O_CLOEXEC = 02000000;
    public static final int O_SYNC = 04010000;
    public static final int O_PATH = 010000000;
    public static final int O_TMPFILE = 020200000;

    private static final long OPENAT = 257;
    private static final long OPENAT2 = 437;
    private static final long RESOLVE_NO_MAGICLINKS = 2;
    private static final long RESOLVE_BENEATH = 8;
    private static final long RESOLVE_IN_ROOT = 16;
    private static final int HOW_BYTES = 24;

    /** struct open_how, per thread, for lookups: only the flags and the resolve mask ever differ. */
    private static final ThreadLocal<MemorySegment> HOW =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(HOW_BYTES, 8));

    private OpenAt() {}

    /**
     * openat(2), close-on-exec.
     *
     * @param name address of a NUL-terminated path
     * @return the descriptor or the negative errno
     */
    public static long raw(int directory, long name, int flags, int mode) {
        return Syscall.raw(OPENAT, directory, name, flags | O_CLOEXEC, mode);
    }

    /**
     * openat2(2) that never leaves the directory, nor follows a magic link of proc(5); close-on-exec.
     *
     * @return the descriptor or the negative errno
     */
    public static long beneath(int directory, long name, int flags, int mode) {
        MemorySegment how = HOW.get();
        how.set(JAVA_LONG, 0, (flags | O_CLOEXEC) & 0xffffffffL);
        how.set(JAVA_LONG, 8, (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? mode : 0);
        how.set(JAVA_LONG, 16, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
        return Syscall.raw(OPENAT2, directory, name, how.address(), HOW_BYTES);
    }

    /** Opens a path as who has that directory as the root would; close-on-exec. */
    public static Fd inRoot(Fd root, String path, int flags) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment how = arena.allocate(HOW_BYTES, 8);
            how.set(JAVA_LONG, 0, flags | O_CLOEXEC);
            how.set(JAVA_LONG, 16, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
            MemorySegment name = arena.allocateFrom(path);
            return new Fd((int) Syscall.check(
                    "open " + path, Syscall.raw(OPENAT2, root.value(), name.address(), how.address(), HOW_BYTES)));
        }
    }

    /** Opens a path of this process's own view; close-on-exec. */
    public static Fd open(String path, int flags) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            return new Fd((int) Syscall.check(
                    "open " + path,
                    raw(FileCalls.AT_FDCWD, arena.allocateFrom(path).address(), flags, 0)));
        }
    }

    /** Opens a path below a directory; close-on-exec. */
    public static Fd open(Fd directory, String path, int flags) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            return new Fd((int) Syscall.check(
                    "open " + path,
                    raw(directory.value(), arena.allocateFrom(path).address(), flags, 0)));
        }
    }
}

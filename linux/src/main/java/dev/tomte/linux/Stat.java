package dev.tomte.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** stat(2) into memory that is reused; for one thread at a time. */
public final class Stat {
    public static final int S_IFMT = 0170000;
    public static final int S_IFSOCK = 0140000;
    public static final int S_IFLNK = 0120000;
    public static final int S_IFREG = 0100000;
    public static final int S_IFBLK = 0060000;
    public static final int S_IFDIR = 0040000;
    public static final int S_IFCHR = 0020000;
    public static final int S_IFIFO = 0010000;

    private static final long NEWFSTATAT = 262;
    private static final MemorySegment EMPTY = Arena.global().allocateFrom("");

    private final MemorySegment buffer = Arena.ofAuto().allocate(144, 8);

    /** fstat(2), also of an O_PATH descriptor: 0 or the negative errno. */
    public long of(int fd) {
        return Syscall.raw(NEWFSTATAT, fd, EMPTY.address(), buffer.address(), FileCalls.AT_EMPTY_PATH);
    }

    /** Of a name in a directory, a symbolic link itself: 0 or the negative errno. */
    public long at(int directory, long name) {
        return Syscall.raw(NEWFSTATAT, directory, name, buffer.address(), FileCalls.AT_SYMLINK_NOFOLLOW);
    }

    public long device() {
        return buffer.get(JAVA_LONG, 0);
    }

    public long inode() {
        return buffer.get(JAVA_LONG, 8);
    }

    public long links() {
        return buffer.get(JAVA_LONG, 16);
    }

    public int mode() {
        return buffer.get(JAVA_INT, 24);
    }

    public int type() {
        return mode() & S_IFMT;
    }

    public int uid() {
        return buffer.get(JAVA_INT, 28);
    }

    public int gid() {
        return buffer.get(JAVA_INT, 32);
    }

    /** The device that a device node stands for, as stat(2) encodes it. */
    public long special() {
        return buffer.get(JAVA_LONG, 40);
    }

    public long size() {
        return buffer.get(JAVA_LONG, 48);
    }

    public long blockSize() {
        return buffer.get(JAVA_LONG, 56);
    }

    public long blocks() {
        return buffer.get(JAVA_LONG, 64);
    }

    public long accessed() {
        return buffer.get(JAVA_LONG, 72);
    }

    public int accessedNanos() {
        return (int) buffer.get(JAVA_LONG, 80);
    }

    public long modified() {
        return buffer.get(JAVA_LONG, 88);
    }

    public int modifiedNanos() {
        return (int) buffer.get(JAVA_LONG, 96);
    }

    public long changed() {
        return buffer.get(JAVA_LONG, 104);
    }

    public int changedNanos() {
        return (int) buffer.get(JAVA_LONG, 112);
    }
}

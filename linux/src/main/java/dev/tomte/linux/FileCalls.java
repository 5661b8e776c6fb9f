package dev.tomte.linux;

/**
 * Calls on files as the kernel answers them, a value or the negative errno: for servers that pass errors on to their
 * callers. Names and buffers are addresses of native memory; names end with NUL. Any thread may call.
 */
public final class FileCalls {
    public static final int AT_FDCWD = -100;
    public static final int AT_SYMLINK_NOFOLLOW = 0x100;
    public static final int AT_REMOVEDIR = 0x200;
    public static final int AT_SYMLINK_FOLLOW = 0x400;
    public static final int AT_EMPTY_PATH = 0x1000;
    public static final int FALLOC_FL_KEEP_SIZE = 1;
    public static final int FALLOC_FL_PUNCH_HOLE = 2;
    public static final int RWF_APPEND = 0x10;
    public static final int RWF_NOAPPEND = 0x20;
    static final long FCNTL = 72;
    public static final int F_GETFL = 3;
    public static final int F_SETFL = 4;
    public static final int F_GETLK = 5;
    public static final int F_SETLK = 6;
    public static final int F_OFD_GETLK = 36;
    public static final int F_OFD_SETLK = 37;
    public static final int LOCK_SH = 1;
    public static final int LOCK_EX = 2;
    public static final int LOCK_NB = 4;
    public static final int LOCK_UN = 8;

    private FileCalls() {}

    public static long read(int fd, long buffer, long bytes) {
        return Syscall.raw(0, fd, buffer, bytes);
    }

    public static long write(int fd, long buffer, long bytes) {
        return Syscall.raw(1, fd, buffer, bytes);
    }

    public static long pread(int fd, long buffer, long bytes, long offset) {
        return Syscall.raw(17, fd, buffer, bytes, offset);
    }

    public static long pwrite(int fd, long buffer, long bytes, long offset) {
        return Syscall.raw(18, fd, buffer, bytes, offset);
    }

    /**
     * pwritev2(2) of one buffer.
     *
     * @param vector 16 bytes for the struct iovec, already filled in
     */
    public static long pwritev2(int fd, long vector, long offset, int flags) {
        return Syscall.raw(328, fd, vector, 1, offset, 0, flags);
    }

    public static long seek(int fd, long offset, int whence) {
        return Syscall.raw(8, fd, offset, whence);
    }

    public static long getdents(int fd, long buffer, long bytes) {
        return Syscall.raw(217, fd, buffer, bytes);
    }

    public static long truncate(long path, long size) {
        return Syscall.raw(76, path, size);
    }

    public static long ftruncate(int fd, long size) {
        return Syscall.raw(77, fd, size);
    }

    /** lseek(2) with SEEK_DATA: the offset of what follows that is no hole; -ENXIO if nothing does. */
    public static long seekData(int fd, long offset) {
        return Syscall.raw(8, fd, offset, 3);
    }

    public static long fsync(int fd) {
        return Syscall.raw(74, fd);
    }

    public static long fdatasync(int fd) {
        return Syscall.raw(75, fd);
    }

    /** Makes a hole, the file's size staying as it is (fallocate(2)). */
    public static long punch(int fd, long offset, long length) {
        return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length);
    }

    public static long fallocate(int fd, int mode, long offset, long length) {
        return Syscall.raw(285, fd, mode, offset, length);
    }

    /** copy_file_range(2); the offsets are addresses of their 8 bytes. */
    public static long copyRange(int from, long fromOffset, int to, long toOffset, long length) {
        return Syscall.raw(326, from, fromOffset, to, toOffset, length, 0);
    }

    public static long mkdirat(int directory, long name, int mode) {
        return Syscall.raw(258, directory, name, mode);
    }

    public static long mknodat(int directory, long name, int mode, long device) {
        return Syscall.raw(259, directory, name, mode, device);
    }

    public static long unlinkat(int directory, long name, int flags) {
        return Syscall.raw(263, directory, name, flags);
    }

    public static long renameat2(int from, long name, int to, long newName, int flags) {
        return Syscall.raw(316, from, name, to, newName, flags);
    }

    public static long linkat(int from, long name, int to, long newName, int flags) {
        return Syscall.raw(265, from, name, to, newName, flags);
    }

    public static long symlinkat(long target, int directory, long name) {
        return Syscall.raw(266, target, directory, name);
    }

    public static long readlinkat(int directory, long name, long buffer, long bytes) {
        return Syscall.raw(267, directory, name, buffer, bytes);
    }

    public static long chmod(long path, int mode) {
        return Syscall.raw(90, path, mode);
    }

    public static long fchownat(int directory, long name, int uid, int gid, int flags) {
        return Syscall.raw(260, directory, name, uid, gid, flags);
    }

    /** utimensat(2); times is the address of two struct timespec. */
    public static long utimensat(int directory, long name, long times, int flags) {
        return Syscall.raw(280, directory, name, times, flags);
    }

    /** faccessat2(2): with the caller's effective (file system) ids, given AT_EACCESS. */
    public static long faccessat2(int directory, long name, int mode, int flags) {
        return Syscall.raw(439, directory, name, mode, flags);
    }

    public static long fstatfs(int fd, long buffer) {
        return Syscall.raw(138, fd, buffer);
    }

    public static long setxattr(long path, long name, long value, long bytes, int flags) {
        return Syscall.raw(188, path, name, value, bytes, flags);
    }

    public static long getxattr(long path, long name, long value, long bytes) {
        return Syscall.raw(191, path, name, value, bytes);
    }

    /** getxattr(2) of a symbolic link itself. */
    public static long lgetxattr(long path, long name, long value, long bytes) {
        return Syscall.raw(192, path, name, value, bytes);
    }

    public static long listxattr(long path, long list, long bytes) {
        return Syscall.raw(194, path, list, bytes);
    }

    /** listxattr(2) of a symbolic link itself. */
    public static long llistxattr(long path, long list, long bytes) {
        return Syscall.raw(195, path, list, bytes);
    }

    public static long removexattr(long path, long name) {
        return Syscall.raw(197, path, name);
    }

    public static long flock(int fd, int operation) {
        return Syscall.raw(73, fd, operation);
    }

    public static long fcntl(int fd, int command, long argument) {
        return Syscall.raw(FCNTL, fd, command, argument);
    }

    /**
     * ioctl(2).
     *
     * @param argument a value, or the address of one
     */
    public static long ioctl(int fd, int command, long argument) {
        return Syscall.raw(16, fd, command & 0xffffffffL, argument);
    }

    /** statx(2) of everything that the basic mask and the birth time stand for; struct statx has 256 bytes. */
    public static long statx(int directory, long name, int flags, long buffer) {
        int everything = 0xfff;
        return statx(directory, name, flags, everything, buffer);
    }

    /** The same of what the mask says; the file system's device is told in any case. */
    public static long statx(int directory, long name, int flags, int mask, long buffer) {
        return Syscall.raw(332, directory, name, flags, mask, buffer);
    }

    public static long close(int fd) {
        return Syscall.raw(3, fd);
    }
}

package dev.tomte.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What happens to marked files, told with names and file ids instead of descriptors, and by which thread (fanotify(7)).
 * Any thread may mark; one at a time may read.
 */
public final class Fanotify implements AutoCloseable {
    public static final long MODIFY = 0x2;
    public static final long ATTRIB = 0x4;
    public static final long CLOSE_WRITE = 0x8;
    public static final long MOVED_FROM = 0x40;
    public static final long MOVED_TO = 0x80;
    public static final long CREATE = 0x100;
    public static final long DELETE = 0x200;
    /** Events were lost. */
    public static final long OVERFLOW = 0x4000;

    public static final long ON_CHILD = 0x08000000L;
    public static final long ON_DIRECTORY = 0x40000000L;

    /** A mark that does not keep the inode in memory, and goes with it. */
    public static final int EVICTABLE = 0x200;

    private static final long INIT = 300;
    private static final long MARK = 301;
    private static final long NAME_TO_HANDLE_AT = 303;
    private static final int CLOEXEC = 1;
    private static final int NONBLOCK = 2;
    private static final int UNLIMITED_MARKS = 0x20;
    private static final int REPORT_TID = 0x100;
    /** FAN_REPORT_DFID_NAME_TARGET: directory, name, and the file itself. */
    private static final int REPORT_ALL = 0x1e00;

    private static final int MARK_ADD = 1;
    private static final int MARK_REMOVE = 2;
    private static final int AT_HANDLE_FID = 0x200;
    private static final int MAX_HANDLE = 128;
    private static final int FSID_IN_STATFS = 56;
    private static final int INFO_FILE = 1;
    private static final int INFO_DIRECTORY_AND_NAME = 2;
    private static final int METADATA = 24;
    private static final int BUFFER = 64 << 10;
    private static final MemorySegment EMPTY = Arena.global().allocateFrom("");

    /**
     * A file, by what never changes of it.
     *
     * @param fileSystem its file system (f_fsid of statfs(2))
     * @param handle its handle's type and bytes; not to be changed
     */
    public record FileId(long fileSystem, ByteBuffer handle) {}

    /**
     * Something that happened; several things that one thread did to one file may be one event.
     *
     * @param mask what: a union of the constants above
     * @param thread who: the number of the thread, as this process sees it
     * @param directory in which directory, if that matters or is known
     * @param name under which name there (ISO 8859-1, one character for each byte); "." for the directory itself
     * @param file the file
     */
    public record Event(
            long mask,
            int thread,
            @Nullable FileId directory,
            @Nullable String name,
            @Nullable FileId file) {}

    private final Fd fd;
    private final MemorySegment buffer = Arena.ofAuto().allocate(BUFFER, 8);

    /** Needs CAP_SYS_ADMIN. The queue holds fs.fanotify.max_queued_events; what comes then is an {@link #OVERFLOW}. */
    public Fanotify() throws Errno {
        fd = new Fd((int) Syscall.check(
                "fanotify_init", Syscall.raw(INIT, CLOEXEC | NONBLOCK | UNLIMITED_MARKS | REPORT_TID | REPORT_ALL, 0)));
    }

    /** Readable when there are events. */
    public Fd fd() {
        return fd;
    }

    /**
     * Begins to tell of a file, and of what is in it if it is a directory and the mask has {@link #ON_CHILD}.
     *
     * @param path address of its path, which must be readable for the caller
     * @return 0 or the negative errno
     */
    public long mark(long path, long mask, int flags) {
        return Syscall.raw(MARK, fd.value(), MARK_ADD | flags, mask, FileCalls.AT_FDCWD, path);
    }

    /** Ends what {@link #mark} began: 0 or the negative errno. */
    public long unmark(long path, long mask) {
        return Syscall.raw(MARK, fd.value(), MARK_REMOVE, mask, FileCalls.AT_FDCWD, path);
    }

    /** The id of an open file, O_PATH or not. */
    public static FileId idOf(int fd) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment statfs = arena.allocate(128, 8);
            Syscall.check("fstatfs", FileCalls.fstatfs(fd, statfs.address()));
            MemorySegment handle = arena.allocate(8 + MAX_HANDLE, 8);
            MemorySegment mount = arena.allocate(8, 8);
            handle.set(JAVA_INT, 0, MAX_HANDLE);
            Syscall.check(
                    "name_to_handle_at",
                    Syscall.raw(
                            NAME_TO_HANDLE_AT,
                            fd,
                            EMPTY.address(),
                            handle.address(),
                            mount.address(),
                            FileCalls.AT_EMPTY_PATH | AT_HANDLE_FID));
            return new FileId(statfs.get(JAVA_LONG, FSID_IN_STATFS), handle(handle, 0));
        }
    }

    /** Of a struct file_handle: everything but its length. */
    private static ByteBuffer handle(MemorySegment memory, long at) {
        int bytes = memory.get(JAVA_INT_UNALIGNED, at);
        return ByteBuffer.wrap(memory.asSlice(at + 4, 4L + bytes).toArray(JAVA_BYTE));
    }

    /** Some of the events that have come; empty if there are none. */
    public List<Event> read() throws Errno {
        long bytes = FileCalls.read(fd.value(), buffer.address(), BUFFER);
        if (bytes == -Errno.EAGAIN || bytes == -Errno.EINTR) return List.of();
        Syscall.check("read of fanotify events", bytes);
        List<Event> events = new ArrayList<>();
        for (long at = 0; at < bytes; at += buffer.get(JAVA_INT_UNALIGNED, at))
            events.add(event(buffer.asSlice(at, buffer.get(JAVA_INT_UNALIGNED, at))));
        return events;
    }

    private static Event event(MemorySegment event) {
        FileId directory = null;
        String name = null;
        FileId file = null;
        long at = event.get(JAVA_SHORT_UNALIGNED, 6) & 0xffff;
        if (at < METADATA) throw new IllegalStateException("fanotify's events have another shape");
        while (at < event.byteSize()) {
            int infoBytes = event.get(JAVA_SHORT_UNALIGNED, at + 2) & 0xffff;
            FileId id = new FileId(event.get(JAVA_LONG_UNALIGNED, at + 4), handle(event, at + 12));
            switch (event.get(JAVA_BYTE, at)) {
                case INFO_FILE -> file = id;
                case INFO_DIRECTORY_AND_NAME -> {
                    directory = id;
                    name = event.getString(at + 16 + id.handle().capacity(), StandardCharsets.ISO_8859_1);
                }
                default -> {}
            }
            at += infoBytes;
        }
        return new Event(event.get(JAVA_LONG_UNALIGNED, 8), event.get(JAVA_INT_UNALIGNED, 20), directory, name, file);
    }

    @Override
    public void close() {
        fd.close();
    }
}

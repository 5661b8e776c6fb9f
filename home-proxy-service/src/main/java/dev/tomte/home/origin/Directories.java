package dev.tomte.home.origin;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.tomte.home.frames.Fuse;
import dev.tomte.linux.Errno;
import dev.tomte.linux.FileCalls;
import dev.tomte.linux.OpenAt;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Listing directories: OPENDIR, READDIR and READDIRPLUS. */
final class Directories {
    private static final int ENTRIES_BYTES = 32 << 10;
    private static final int FOPEN_CACHE_DIR = 8;
    private static final int DIRENT_HEADER = 24;
    private static final int ENTRY_OUT = 128;
    /** d_name in struct linux_dirent64. */
    private static final int NAME_AT = 19;
    /** stx_attributes in struct statx. */
    private static final long ATTRIBUTES_AT = 8;

    /** statx(2): the name is the root of a mount. */
    private static final long STATX_ATTR_MOUNT_ROOT = 0x2000;

    private final Nodes nodes;
    private final Handles handles;
    private final Attributes attributes;
    private final Names names;
    private final Watch watch;

    Directories(Nodes nodes, Handles handles, Attributes attributes, Names names, Watch watch) {
        this.nodes = nodes;
        this.handles = handles;
        this.attributes = attributes;
        this.names = names;
        this.watch = watch;
    }

    void open(Call call, Node node) throws Refused, Errno {
        if (!node.isDirectory()) throw new Refused(Errno.ENOTDIR);
        int fd = OpenFiles.reopen(call, nodes, node, OpenAt.O_RDONLY | OpenAt.O_DIRECTORY);
        watch.see(call, node, fd);
        int cache = 0;
        if (node.watched) {
            call.stat.of(fd);
            cache = FOPEN_CACHE_DIR | (node.opened(call.stat) ? OpenFiles.FOPEN_KEEP_CACHE : 0);
        }
        call.reply
                .u64(handles.opened(call, node, fd, true, false).id)
                .u32(cache)
                .u32(0);
    }

    void read(Call call, Node node, boolean plus) throws Refused {
        Handle handle = handles.get(call.request.u64(0), node, true);
        long offset = call.request.u64(8);
        long size = Math.min(call.request.size(16, Fuse.MAX_READ), call.reply.room());
        try (SharedFd fd = Handles.use(handle)) {
            synchronized (handle) {
                read(call, node, handle, fd, offset, size, plus);
            }
        }
    }

    private void read(Call call, Node node, Handle handle, SharedFd fd, long offset, long size, boolean plus)
            throws Refused {
        MemorySegment entries = handle.entries;
        if (entries == null) handle.entries = entries = Arena.ofAuto().allocate(ENTRIES_BYTES, 8);
        if (offset != handle.entriesOffset) {
            // also for the first read: rewinddir(3) must show what has come since
            Refused.check(FileCalls.seek(fd.value(), offset, 0));
            handle.entriesNext = handle.entriesEnd = 0;
            handle.entriesOffset = offset;
        }
        while (true) {
            if (handle.entriesNext >= handle.entriesEnd) {
                long bytes = Refused.check(FileCalls.getdents(fd.value(), entries.address(), ENTRIES_BYTES));
                handle.entriesNext = 0;
                handle.entriesEnd = (int) bytes;
                if (bytes == 0) {
                    // the next call asks the directory again
                    handle.entriesOffset = -1;
                    return;
                }
            }
            int recordBytes = entries.get(JAVA_SHORT_UNALIGNED, handle.entriesNext + 16L) & 0xffff;
            MemorySegment record = entries.asSlice(handle.entriesNext, recordBytes);
            if (!write(call, node, fd, record, size, plus)) return;
            handle.entriesNext += recordBytes;
            handle.entriesOffset = record.get(JAVA_LONG_UNALIGNED, 8);
        }
    }

    private boolean write(Call call, Node parent, SharedFd fd, MemorySegment record, long size, boolean plus)
            throws Refused {
        int nameBytes = 0;
        while (record.get(JAVA_BYTE, (long) NAME_AT + nameBytes) != 0) nameBytes++;
        Reply reply = call.reply;
        int padded = (DIRENT_HEADER + nameBytes + 7) & ~7;
        if (reply.payloadBytes() + padded + (plus ? ENTRY_OUT : 0) > size) return false;
        long inode = record.get(JAVA_LONG_UNALIGNED, 0);
        byte[] name = record.asSlice(NAME_AT, nameBytes).toArray(JAVA_BYTE);
        boolean dots = name[0] == '.' && (nameBytes == 1 || (nameBytes == 2 && name[1] == '.'));
        if (plus) {
            if (dots) reply.zeros(ENTRY_OUT);
            else entry(call, parent, fd, record.address() + NAME_AT, name);
        }
        reply.u64(inode)
                .u64(record.get(JAVA_LONG_UNALIGNED, 8))
                .u32(nameBytes)
                .u32(record.get(JAVA_BYTE, 18) & 0xff)
                .bytes(name)
                .zeros(padded - DIRENT_HEADER - nameBytes);
        return true;
    }

    /** An entry with what its file looks like; without, if it is gone or cannot be looked at. */
    private void entry(Call call, Node parent, SharedFd directory, long name, byte[] nameBytes) {
        Reply reply = call.reply;
        try {
            Refused.check(call.stat.at(directory.value(), name));
            if (call.stat.device() != parent.device && isMounted(call, directory, name)) {
                names.lookup(call, parent, directory, name, nameBytes);
                return;
            }
            boolean isNew = nodes.find(call.stat) == null;
            Node node = nodes.found(parent, nameBytes, call.stat, parent.barred, null);
            // what is said of it must have been looked at after it can be found when it changes
            if (isNew) Refused.check(call.stat.at(directory.value(), name));
            call.rareAttributes.look(call, node, directory.value(), nameBytes);
            attributes.entry(reply, node, call.stat);
        } catch (Refused e) {
            reply.zeros(ENTRY_OUT);
        }
    }

    /**
     * Whether that name is of another mount than its directory, so that it may be what is not served. A device of its own
     * says less: a layered file system gives its files those of its layers.
     */
    private static boolean isMounted(Call call, SharedFd directory, long name) throws Refused {
        MemorySegment found = call.scratch;
        Refused.check(FileCalls.statx(directory.value(), name, FileCalls.AT_SYMLINK_NOFOLLOW, 0, found.address()));
        return (found.get(JAVA_LONG, ATTRIBUTES_AT) & STATX_ATTR_MOUNT_ROOT) != 0;
    }
}

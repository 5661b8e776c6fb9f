package dev.tomte.home.origin;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tomte.linux.Errno;
import dev.tomte.linux.FileCalls;
import dev.tomte.linux.Stat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** What files look like, and changing it: GETATTR, SETATTR, ACCESS, STATFS. */
final class Attributes {
    /** How long the guest's kernel believes names and attributes of what is watched: it is told of changes. */
    private static final int WATCHED_SECONDS = 60;

    private static final int UNWATCHED_SECONDS = 1;

    private static final MemorySegment EMPTY = Arena.global().allocateFrom("");
    private static final int AT_EACCESS = 0x200;
    private static final long UTIME_NOW = 0x3fffffff;
    private static final long UTIME_OMIT = 0x3ffffffe;

    private static final int MODE = 1;
    private static final int UID = 2;
    private static final int GID = 4;
    private static final int SIZE = 8;
    private static final int ATIME = 16;
    private static final int MTIME = 32;
    private static final int HANDLE = 64;
    private static final int ATIME_NOW = 128;
    private static final int MTIME_NOW = 256;
    private static final int NO_CHANGE = -1;

    /** Up to here struct fuse_statx is struct statx. */
    private static final int STATX_SAME = 144;

    private static final int STATX_INODE = 32;

    private final Nodes nodes;
    private final Handles handles;
    private final Watch watch;

    Attributes(Nodes nodes, Handles handles, Watch watch) {
        this.nodes = nodes;
        this.handles = handles;
        this.watch = watch;
    }

    /** struct fuse_entry_out: a file that was found. */
    void entry(Reply reply, Node node, Stat stat) {
        entry(reply, node.id, node, stat);
    }

    /** The same under that number. */
    void entry(Reply reply, long id, Node node, Stat stat) {
        reply.u64(id).u64(0).u64(seconds(node.parent)).u64(seconds(node)).u32(0).u32(0);
        attributes(reply, stat, node.barred);
    }

    /** An entry that says that the name stands for nothing, for as long as names are believed. */
    static void noEntry(Reply reply, Node directory) {
        reply.u64(0).u64(0).u64(seconds(directory)).u64(0).u32(0).u32(0).zeros(88);
    }

    /**
     * How long something is believed that is watched by itself or as a file in a directory. A directory that is not
     * watched, because it was only listed with others, is asked for when it is looked at.
     */
    private static int seconds(@Nullable Node node) {
        if (node == null) return UNWATCHED_SECONDS;
        if (node.watched) return WATCHED_SECONDS;
        Node parent = node.parent;
        boolean byParent = parent != null && parent.watched;
        if (node.isDirectory()) return byParent && !node.barred ? 0 : UNWATCHED_SECONDS;
        return byParent ? WATCHED_SECONDS : UNWATCHED_SECONDS;
    }

    /** struct fuse_attr_out. */
    private void answer(Call call, Node node) {
        call.reply.u64(seconds(node)).u32(0).u32(0);
        attributes(call.reply, call.stat, node.barred);
    }

    private void attributes(Reply reply, Stat stat, boolean barred) {
        reply.u64(number(stat.device(), stat.inode()))
                .u64(stat.size())
                .u64(stat.blocks())
                .u64(stat.accessed())
                .u64(stat.modified())
                .u64(stat.changed())
                .u32(stat.accessedNanos())
                .u32(stat.modifiedNanos())
                .u32(stat.changedNanos())
                .u32(barred ? stat.type() | (stat.mode() & 0555) : stat.mode())
                .u32((int) stat.links())
                .u32(stat.uid())
                .u32(stat.gid())
                .u32((int) stat.special())
                .u32((int) stat.blockSize())
                .u32(0);
    }

    /**
     * The inode number that the guest sees. Home's root may have several file systems below it, the guest has one: the
     * numbers of others than the root's are moved away, so that two files never seem to be one.
     */
    private long number(long device, long inode) {
        return device == nodes.root().device ? inode : inode ^ ((device * 0x9E3779B97F4A7C15L) & 0x7fffffff00000000L);
    }

    void get(Call call, Node node) throws Refused {
        if ((call.request.u32(0) & 1) != 0) {
            try (SharedFd fd = Handles.use(handles.get(call.request.u64(8), node))) {
                Refused.check(call.stat.of(fd.value()));
                call.rareAttributes.look(call, node, fd.value());
            }
        } else {
            try (SharedFd fd = nodes.openBarred(node)) {
                watch.see(call, node, fd.value());
                Refused.check(call.stat.of(fd.value()));
                call.rareAttributes.look(call, node, fd.value());
            }
        }
        answer(call, node);
    }

    /** STATX: what GETATTR says, and when the file was made. */
    void statx(Call call, Node node) throws Refused {
        boolean byHandle = (call.request.u32(0) & 1) != 0;
        MemorySegment found = call.scratch;
        try (SharedFd fd = byHandle ? Handles.use(handles.get(call.request.u64(8), node)) : nodes.openBarred(node)) {
            watch.see(call, node, fd.value());
            Refused.check(FileCalls.statx(fd.value(), EMPTY.address(), FileCalls.AT_EMPTY_PATH, found.address()));
            Refused.check(call.stat.of(fd.value()));
            call.rareAttributes.look(call, node, fd.value());
        }
        found.set(JAVA_LONG, STATX_INODE, number(call.stat.device(), call.stat.inode()));
        call.reply
                .u64(seconds(node))
                .zeros(24)
                .bytes(found.asSlice(0, STATX_SAME).toArray(JAVA_BYTE))
                .zeros(256 - STATX_SAME);
    }

    void set(Call call, Node node) throws Refused {
        Request request = call.request;
        int valid = request.u32(0);
        request.address(0, 88);
        try (SharedFd path = nodes.open(node)) {
            if ((valid & MODE) != 0) {
                if (node.type == Stat.S_IFLNK) throw new Refused(Errno.EOPNOTSUPP);
                Refused.check(FileCalls.chmod(call.pathOf(path.value()), request.u32(68) & 07777));
            }
            if ((valid & (UID | GID)) != 0) {
                int uid = (valid & UID) != 0 ? request.u32(76) : NO_CHANGE;
                int gid = (valid & GID) != 0 ? request.u32(80) : NO_CHANGE;
                Refused.check(FileCalls.fchownat(path.value(), EMPTY.address(), uid, gid, FileCalls.AT_EMPTY_PATH));
            }
            if ((valid & SIZE) != 0) resize(call, node, path, valid);
            if ((valid & (ATIME | MTIME)) != 0) {
                MemorySegment times = call.scratch;
                time(request, times, 0, valid & ATIME, valid & ATIME_NOW, 32, 56);
                time(request, times, 16, valid & MTIME, valid & MTIME_NOW, 40, 60);
                Refused.check(
                        FileCalls.utimensat(path.value(), EMPTY.address(), times.address(), FileCalls.AT_EMPTY_PATH));
            }
            Refused.check(call.stat.of(path.value()));
            node.remember(call.stat);
            call.rareAttributes.look(call, node, path.value());
        }
        answer(call, node);
    }

    private void resize(Call call, Node node, SharedFd path, int valid) throws Refused {
        if (!node.isRegular()) throw new Refused(node.isDirectory() ? Errno.EISDIR : Errno.EINVAL);
        long size = call.request.u64(16);
        if ((valid & HANDLE) != 0) {
            try (SharedFd open = Handles.use(handles.get(call.request.u64(8), node, false))) {
                Refused.check(FileCalls.ftruncate(open.value(), size));
            }
        } else {
            Refused.check(FileCalls.truncate(call.pathOf(path.value()), size));
        }
    }

    private static void time(Request request, MemorySegment times, long at, int given, int now, int seconds, int nanos)
            throws Refused {
        times.set(JAVA_LONG, at, given != 0 && now == 0 ? request.u64(seconds) : 0);
        long part = given == 0 ? UTIME_OMIT : now != 0 ? UTIME_NOW : request.u32(nanos);
        if (given != 0 && now == 0 && (part < 0 || part >= 1_000_000_000)) throw new Refused(Errno.EINVAL);
        times.set(JAVA_LONG, at + 8, part);
    }

    void access(Call call, Node node) throws Refused {
        try (SharedFd path = nodes.open(node)) {
            Refused.check(FileCalls.faccessat2(
                    path.value(), EMPTY.address(), call.request.u32(0) & 7, FileCalls.AT_EMPTY_PATH | AT_EACCESS));
        }
    }

    void statfs(Call call, Node node) throws Refused {
        MemorySegment s = call.scratch;
        try (SharedFd path = nodes.open(node)) {
            Refused.check(FileCalls.fstatfs(path.value(), s.address()));
        }
        call.reply
                .u64(s.get(JAVA_LONG, 16))
                .u64(s.get(JAVA_LONG, 24))
                .u64(s.get(JAVA_LONG, 32))
                .u64(s.get(JAVA_LONG, 40))
                .u64(s.get(JAVA_LONG, 48))
                .u32((int) s.get(JAVA_LONG, 8))
                .u32((int) s.get(JAVA_LONG, 64))
                .u32((int) s.get(JAVA_LONG, 72))
                .zeros(28);
    }
}

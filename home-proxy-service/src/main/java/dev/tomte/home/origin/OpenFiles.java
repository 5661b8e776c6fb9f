package dev.tomte.home.origin;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tomte.home.frames.Fuse;
import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.FileCalls;
import dev.tomte.linux.OpenAt;
import dev.tomte.linux.Stat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.LockSupport;

/** Opening, reading and writing: everything that goes through a handle of a regular file. */
final class OpenFiles {
    /** What an open may ask for at home; the rest is the guest kernel's business. */
    private static final int OPEN_FLAGS =
            OpenAt.O_ACCMODE | OpenAt.O_APPEND | OpenAt.O_TRUNC | OpenAt.O_NOATIME | OpenAt.O_SYNC | OpenAt.O_DSYNC;

    private static final long PAUSE_NANOS = 1_000_000;

    private static final int FOPEN_DIRECT_IO = 1;
    static final int FOPEN_KEEP_CACHE = 2;
    private static final int FOPEN_NOFLUSH = 32;

    private final Nodes nodes;
    private final Handles handles;
    private final Attributes attributes;
    private final Answers answers;
    private final Watch watch;
    private final FileLocks locks;
    private final Delegations delegations;

    OpenFiles(
            Nodes nodes,
            Handles handles,
            Attributes attributes,
            Answers answers,
            Watch watch,
            FileLocks locks,
            Delegations delegations) {
        this.nodes = nodes;
        this.handles = handles;
        this.attributes = attributes;
        this.answers = answers;
        this.watch = watch;
        this.locks = locks;
        this.delegations = delegations;
    }

    /** Opens what a node stands for: regular files and directories only, as others would act on the origin itself. */
    static int reopen(Call call, Nodes nodes, Node node, int flags) throws Refused {
        if (!node.isRegular() && !node.isDirectory())
            throw new Refused(node.type == Stat.S_IFLNK ? Errno.ELOOP : Errno.EACCES);
        try (SharedFd path = nodes.open(node)) {
            // not O_NONBLOCK: whoever has a lease on it is waited for
            return (int) Refused.check(
                    OpenAt.raw(FileCalls.AT_FDCWD, call.pathOf(path.value()), flags | OpenAt.O_NOCTTY, 0));
        }
    }

    /** @param delegates whether the guest may be told to open the file by itself from now on */
    void open(Call call, Node node, boolean delegates) throws Refused, Errno {
        if (!node.isRegular()) throw new Refused(node.isDirectory() ? Errno.EISDIR : Errno.EACCES);
        // the name that led here has gone: the guest's kernel looks it up again, and may open it all the same
        if (node.takeNameTaken()) throw new Refused(Errno.ESTALE);
        int flags = call.request.u32(0) & OPEN_FLAGS;
        int fd = reopen(call, nodes, node, flags);
        watch.see(call, node, fd);
        call.stat.of(fd);
        boolean same = node.opened(call.stat);
        int cache = same ? FOPEN_KEEP_CACHE : 0;
        Handle handle = handles.opened(call, node, fd, false, (flags & OpenAt.O_APPEND) != 0);
        answer(call, handle, cache | quick(flags));
        if (delegates && flags == OpenAt.O_RDONLY) delegate(call, node, handle);
    }

    private void delegate(Call call, Node node, Handle handle) {
        if (!handle.fd.hold()) return;
        try (SharedFd fd = handle.fd) {
            Handle delegated = delegations.offer(call, node, fd);
            if (delegated != null)
                call.offered = new Call.Offered(
                        node.id, delegated.id, FOPEN_KEEP_CACHE | quick(OpenAt.O_RDONLY), Delegations.most());
        } catch (Refused | Errno e) {
            // it was opened, and more was not asked for
        }
    }

    /**
     * struct fuse_open_out. Appending bypasses the guest's page cache: where the bytes come to lie is known at home only.
     */
    private static void answer(Call call, Handle handle, int flags) {
        call.reply
                .u64(handle.id)
                .u32(handle.appends ? (flags & ~FOPEN_KEEP_CACHE) | FOPEN_DIRECT_IO : flags)
                .u32(0);
    }

    /** Closing tells nothing of a file that is only read, as long as nobody has locks that closing would release. */
    private int quick(int flags) {
        return (flags & OpenAt.O_ACCMODE) == OpenAt.O_RDONLY && !locks.wereUsed() ? FOPEN_NOFLUSH : 0;
    }

    void create(Call call, Node parent) throws Refused, Errno {
        Request request = call.request;
        int flags = request.u32(0);
        int mode = request.u32(4) & 07777;
        int mask = request.u32(8) & 0777;
        int bytes = request.nameBytes(16);
        long name = request.address(16, bytes + 1);
        byte[] nameBytes = request.bytes(16, bytes);
        try (SharedFd directory = nodes.open(parent)) {
            watch.see(call, parent, directory.value());
            Intent earlier = answers.earlier(request.unique());
            boolean absent = call.stat.at(directory.value(), name) < 0;
            // another file may be there by now, of a kind whose opening would do something: it is not opened
            if (!absent && call.stat.type() != Stat.S_IFREG)
                throw new Refused(call.stat.type() == Stat.S_IFDIR ? Errno.EISDIR : Errno.EEXIST);
            boolean ours = earlier != null && !earlier.existed() && !absent;
            answers.intend(
                    request.unique(),
                    absent || ours ? Intent.ABSENT : new Intent(call.stat.device(), call.stat.inode(), 0));
            int exclusive = ours ? 0 : flags & OpenAt.O_EXCL;
            int asked = (flags & OPEN_FLAGS)
                    | OpenAt.O_CREAT
                    | exclusive
                    | OpenAt.O_NOFOLLOW
                    | OpenAt.O_NOCTTY
                    | OpenAt.O_NONBLOCK;
            int fd = (int) Refused.check(Names.masked(mask, () -> waiting(directory, name, asked, mode)));
            created(call, parent, nameBytes, fd, flags);
        }
    }

    /** Opens a name that may be something that must not be waited for; but whoever has a lease on a file is. */
    private static long waiting(SharedFd directory, long name, int flags, int mode) {
        while (true) {
            long fd = OpenAt.beneath(directory.value(), name, flags, mode);
            if (fd != -Errno.EAGAIN) return fd;
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private void created(Call call, Node parent, byte[] name, int fd, int flags) throws Refused, Errno {
        if (call.stat.of(fd) < 0 || call.stat.type() != Stat.S_IFREG) {
            FileCalls.close(fd);
            throw new Refused(Errno.EACCES);
        }
        Node node;
        try {
            SharedFd path = new SharedFd(
                    (int) Refused.check(OpenAt.raw(FileCalls.AT_FDCWD, call.pathOf(fd), OpenAt.O_PATH, 0)));
            boolean barred = call.stat.device() != parent.device && Nodes.barred(fd, call.scratch);
            node = name.length == 0
                    ? nodes.nameless(call.stat, path)
                    : nodes.found(parent, name, call.stat, barred, path);
            if (watch.see(call, node, fd)) call.stat.of(fd);
            node.remember(call.stat);
            call.rareAttributes.look(call, node, fd);
        } catch (Refused e) {
            FileCalls.close(fd);
            throw e;
        }
        Handle handle;
        try {
            handle = handles.opened(call, node, fd, false, (flags & OpenAt.O_APPEND) != 0);
        } catch (Refused e) {
            nodes.forget(node.id, 1);
            throw e;
        }
        attributes.entry(call.reply, node, call.stat);
        answer(call, handle, quick(flags));
    }

    void temporary(Call call, Node parent) throws Refused, Errno {
        int flags = call.request.u32(0);
        int mode = call.request.u32(4) & 07777;
        int mask = call.request.u32(8) & 0777;
        int asked = (flags & OPEN_FLAGS & ~OpenAt.O_TRUNC) | (flags & OpenAt.O_EXCL) | OpenAt.O_TMPFILE;
        try (SharedFd directory = nodes.open(parent)) {
            long path = call.pathOf(directory.value());
            int fd = (int) Refused.check(Names.masked(mask, () -> OpenAt.raw(FileCalls.AT_FDCWD, path, asked, mode)));
            created(call, parent, new byte[0], fd, flags);
        }
    }

    void read(Call call, Node node) throws Refused {
        int size = call.request.size(16, Fuse.MAX_READ);
        if (size > call.reply.room()) throw new Refused(Errno.EINVAL);
        try (SharedFd fd = Handles.use(handles.get(call.request.u64(0), node, false))) {
            long bytes = Refused.check(FileCalls.pread(fd.value(), call.reply.address(), size, call.request.u64(8)));
            call.reply.advance(bytes);
            FileMetrics.SERVED.read(bytes);
        }
    }

    void write(Call call, Node node) throws Refused {
        Request request = call.request;
        int size = request.size(16, Fuse.MAX_WRITE);
        long data = request.address(40, size);
        long offset = request.u64(8);
        Handle handle = handles.get(request.u64(0), node, false);
        boolean fromCache = (request.u32(20) & 1) != 0;
        boolean append = !fromCache && (request.u32(32) & OpenAt.O_APPEND) != 0;
        handle.wrote = true;
        try (SharedFd fd = Handles.use(handle)) {
            long written;
            if (append) written = append(call, fd, data, size);
            else if (handle.appends || !handle.held.isEmpty()) {
                vector(call, data, size);
                written = FileCalls.pwritev2(fd.value(), call.scratch.address(), offset, FileCalls.RWF_NOAPPEND);
            } else written = FileCalls.pwrite(fd.value(), data, size, offset);
            call.reply.u32((int) Refused.check(written)).u32(0);
            FileMetrics.SERVED.written(written);
        }
    }

    private static void vector(Call call, long data, long size) {
        call.scratch.set(JAVA_LONG, 0, data);
        call.scratch.set(JAVA_LONG, 8, size);
    }

    /**
     * Appends once. If an earlier life of this JVM may have done it, what lies behind the former end of the file tells:
     * all of the data, a part of it (killed within the call), or none.
     */
    private long append(Call call, SharedFd fd, long data, int size) throws Refused {
        long unique = call.request.unique();
        Intent earlier = answers.earlier(unique);
        Refused.check(call.stat.of(fd.value()));
        long done = earlier == null ? 0 : alreadyThere(fd, data, size, earlier.size(), call.stat.size());
        if (done == size) return size;
        if (earlier == null)
            answers.intend(unique, new Intent(call.stat.device(), call.stat.inode(), call.stat.size()));
        vector(call, data + done, size - done);
        long written = FileCalls.pwritev2(fd.value(), call.scratch.address(), 0, FileCalls.RWF_APPEND);
        return written < 0 && done > 0 ? done : written < 0 ? written : done + written;
    }

    private static long alreadyThere(SharedFd fd, long data, int size, long before, long now) throws Refused {
        long there = Math.min(now - before, size);
        if (there <= 0) return 0;
        // the handle may be for writing only: read through a descriptor of its own
        try (Arena arena = Arena.ofConfined();
                Fd readable = OpenAt.open(fd.fd().path(), OpenAt.O_RDONLY)) {
            MemorySegment found = arena.allocate(there);
            long bytes = FileCalls.pread(readable.value(), found.address(), there, before);
            if (bytes < there) return 0;
            MemorySegment sent = MemorySegment.ofAddress(data).reinterpret(there);
            return sent.mismatch(found) < 0 ? there : 0;
        } catch (Errno e) {
            throw new Refused(e.code());
        }
    }

    /** FLUSH: a descriptor is closed. What the guest itself has written its kernel knows when it opens the file again. */
    void flushed(Call call, Node node) throws Refused {
        Handle handle = handles.get(call.request.u64(0), node, false);
        if (!handle.wrote) return;
        handle.wrote = false;
        try (SharedFd fd = Handles.use(handle)) {
            if (call.stat.of(fd.value()) == 0) node.remember(call.stat);
        }
    }

    void fsync(Call call, Node node, boolean directory) throws Refused {
        boolean dataOnly = (call.request.u32(8) & 1) != 0;
        try (SharedFd fd = Handles.use(handles.get(call.request.u64(0), node, directory))) {
            Refused.check(dataOnly ? FileCalls.fdatasync(fd.value()) : FileCalls.fsync(fd.value()));
        }
    }

    void fallocate(Call call, Node node) throws Refused {
        Request request = call.request;
        Handle handle = handles.get(request.u64(0), node, false);
        handle.wrote = true;
        try (SharedFd fd = Handles.use(handle)) {
            Refused.check(FileCalls.fallocate(fd.value(), request.u32(24), request.u64(8), request.u64(16)));
        }
    }

    void seek(Call call, Node node) throws Refused {
        Request request = call.request;
        int whence = request.u32(16);
        if (whence != 3 && whence != 4) throw new Refused(Errno.EINVAL);
        try (SharedFd fd = Handles.use(handles.get(request.u64(0), node, false))) {
            call.reply.u64(Refused.check(FileCalls.seek(fd.value(), request.u64(8), whence)));
        }
    }

    void copyRange(Call call, Node node) throws Refused {
        Request request = call.request;
        Node target = nodes.get(request.u64(16));
        if (request.u64(48) != 0) throw new Refused(Errno.EINVAL);
        MemorySegment offsets = call.scratch;
        offsets.set(JAVA_LONG, 0, request.u64(8));
        offsets.set(JAVA_LONG, 8, request.u64(32));
        Handle written = handles.get(request.u64(24), target, false);
        written.wrote = true;
        try (SharedFd from = Handles.use(handles.get(request.u64(0), node, false));
                SharedFd to = Handles.use(written)) {
            long length = Math.min(request.u64(40), 1L << 30);
            if (length < 0) throw new Refused(Errno.EINVAL);
            call.reply
                    .u32((int) Refused.check(FileCalls.copyRange(
                            from.value(), offsets.address(), to.value(), offsets.address() + 8, length)))
                    .u32(0);
        }
    }
}

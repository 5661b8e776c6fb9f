package dev.tomte.home.origin;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.tomte.home.Keeper;
import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.FileCalls;
import dev.tomte.linux.OpenAt;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The guest's file locks, taken for real at home: POSIX and open file description locks (which its kernel does not tell
 * apart) on a private descriptor for each file and owner, flock(2) on the open handle. They do not move: a process that
 * holds some is not moved.
 */
final class FileLocks {
    private static final int F_WRLCK = 1;
    private static final int F_UNLCK = 2;
    private static final int LK_FLOCK = 1;

    private final Nodes nodes;
    private final Handles handles;
    private final Keeper keeper;
    private final String prefix;
    private final Set<Node> locked = ConcurrentHashMap.newKeySet();
    /** Whether the guest has asked for a lock at all: most never do. */
    private volatile boolean ever;

    FileLocks(Nodes nodes, Handles handles, Keeper keeper, String prefix) {
        this.nodes = nodes;
        this.handles = handles;
        this.keeper = keeper;
        this.prefix = prefix;
    }

    /**
     * A descriptor with one owner's locks.
     *
     * @param handle the number of the handle through which it came to hold some
     */
    record Owned(SharedFd fd, long handle) {}

    /** One try to take a lock, again and again for one that waits. */
    interface Attempt {
        /** 0, or the negative errno; EAGAIN while another holds it. */
        long run();
    }

    /** What a SETLK or SETLKW asks for. */
    Attempt attempt(Call call, Node node) throws Refused, Errno {
        ever = true;
        Request request = call.request;
        Handle handle = handles.get(request.u64(0), node, false);
        int type = request.u32(32);
        if (type < 0 || type > F_UNLCK) throw new Refused(Errno.EINVAL);
        if ((request.u32(40) & LK_FLOCK) != 0) return flock(handle, type);
        long start = request.u64(16);
        long end = request.u64(24);
        if (start < 0 || end < start) throw new Refused(Errno.EINVAL);
        long owner = request.u64(8);
        if (type == F_UNLCK && start == 0 && end == Long.MAX_VALUE) {
            return () -> {
                release(node, owner);
                return 0;
            };
        }
        SharedFd fd = own(call, node, owner, handle);
        MemorySegment lock = flockOf(Arena.ofAuto(), type, start, end);
        return () -> {
            if (!fd.hold()) return -Errno.EBADF;
            try (fd) {
                return FileCalls.fcntl(fd.value(), FileCalls.F_OFD_SETLK, lock.address());
            }
        };
    }

    private Attempt flock(Handle handle, int type) {
        int operation = type == F_UNLCK
                ? FileCalls.LOCK_UN
                : (type == F_WRLCK ? FileCalls.LOCK_EX : FileCalls.LOCK_SH) | FileCalls.LOCK_NB;
        return () -> {
            if (!handle.fd.hold()) return -Errno.EBADF;
            try (SharedFd fd = handle.fd) {
                return FileCalls.flock(fd.value(), operation);
            }
        };
    }

    private static MemorySegment flockOf(Arena arena, int type, long start, long end) {
        MemorySegment lock = arena.allocate(32, 8);
        lock.set(JAVA_SHORT, 0, (short) type);
        lock.set(JAVA_LONG, 8, start);
        lock.set(JAVA_LONG, 16, end == Long.MAX_VALUE ? 0 : end - start + 1);
        return lock;
    }

    /** The descriptor that an owner's locks on a file are on. */
    private SharedFd own(Call call, Node node, long owner, Handle handle) throws Refused, Errno {
        synchronized (node.locks) {
            Owned there = node.locks.get(owner);
            if (there != null) return there.fd();
            SharedFd fresh = new SharedFd(openForLocks(call, node));
            call.identity.root();
            Owned owned = new Owned(fresh, handle.id);
            keep(key(node, owner, owned), fresh);
            node.locks.put(owner, owned);
            locked.add(node);
            return fresh;
        }
    }

    private int openForLocks(Call call, Node node) throws Refused {
        try {
            return OpenFiles.reopen(call, nodes, node, OpenAt.O_RDWR);
        } catch (Refused e) {
            if (e.errno() != Errno.EACCES && e.errno() != Errno.EROFS) throw e;
        }
        try {
            return OpenFiles.reopen(call, nodes, node, OpenAt.O_RDONLY);
        } catch (Refused e) {
            return OpenFiles.reopen(call, nodes, node, OpenAt.O_WRONLY);
        }
    }

    private String key(Node node, long owner, Owned owned) {
        return prefix + Long.toHexString(node.id) + "-" + Long.toHexString(owner) + "-"
                + Long.toHexString(owned.handle());
    }

    private void keep(String key, SharedFd fd) throws Refused {
        try {
            keeper.keep(key, List.of(fd.fd()));
        } catch (IOException e) {
            fd.close();
            throw new Refused(Errno.ENOLCK);
        }
    }

    void query(Call call, Node node) throws Refused, Errno {
        Request request = call.request;
        Handle handle = handles.get(request.u64(0), node, false);
        SharedFd fd = own(call, node, request.u64(8), handle);
        MemorySegment lock = flockOf(Arena.ofAuto(), request.u32(32), request.u64(16), request.u64(24));
        if (!fd.hold()) throw new Refused(Errno.EBADF);
        try (fd) {
            Refused.check(FileCalls.fcntl(fd.value(), FileCalls.F_OFD_GETLK, lock.address()));
        }
        long start = lock.get(JAVA_LONG, 8);
        long length = lock.get(JAVA_LONG, 16);
        call.reply
                .u64(start)
                .u64(length == 0 ? Long.MAX_VALUE : start + length - 1)
                .u32(lock.get(JAVA_SHORT, 0))
                // the holder's number at home means nothing in the guest
                .u32(0);
    }

    /** FLUSH: a process has closed the file, which lets go of all of its POSIX locks on it. */
    void release(Node node, long owner) {
        synchronized (node.locks) {
            Owned owned = node.locks.remove(owner);
            if (owned == null) return;
            if (node.locks.isEmpty()) locked.remove(node);
            try {
                keeper.drop(key(node, owner, owned));
            } catch (IOException e) {
                throw new UncheckedIOException("the stub keeps a lock that was released", e);
            } finally {
                owned.fd().close();
            }
        }
    }

    /**
     * RELEASE: nobody has the open file any more. Who held POSIX locks has let go of them by a FLUSH; what is left was
     * locked for the open file itself.
     */
    void released(Handle handle) {
        Node node = handle.node;
        synchronized (node.locks) {
            for (Map.Entry<Long, Owned> lock : List.copyOf(node.locks.entrySet()))
                if (lock.getValue().handle() == handle.id) release(node, lock.getKey());
        }
    }

    /** Whether the guest has ever asked for a lock. */
    boolean wereUsed() {
        return ever;
    }

    /** How many locks the guest holds. */
    int held() {
        if (!ever) return 0;
        int held = handles.locks();
        for (Node node : locked) {
            synchronized (node.locks) {
                for (Owned owned : node.locks.values()) held += on(owned.fd());
            }
        }
        return held;
    }

    /** The locks on one open file: proc(5) tells them. */
    static int on(SharedFd fd) {
        if (!fd.hold()) return 0;
        try (fd) {
            return (int) Files.readAllLines(Path.of("/proc/self/fdinfo/" + fd.value())).stream()
                    .filter(line -> line.startsWith("lock:"))
                    .count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Takes up the locks of an earlier life of this JVM from the keeper; the nodes are there already. */
    void restore() throws IOException {
        ever = true;
        for (String key : keeper.keys(prefix)) {
            String[] parts = key.substring(prefix.length()).split("-", 3);
            Node node = nodes.peek(Long.parseUnsignedLong(parts[0], 16));
            List<Fd> kept = keeper.take(key);
            if (node == null || kept.isEmpty()) continue;
            synchronized (node.locks) {
                node.locks.put(
                        Long.parseUnsignedLong(parts[1], 16),
                        new Owned(new SharedFd(kept.getFirst()), Long.parseUnsignedLong(parts[2], 16)));
                locked.add(node);
            }
        }
    }

    /** Whether a lock request's reply would be that it waits. */
    static boolean isBusy(long result) {
        return result == -Errno.EAGAIN;
    }
}

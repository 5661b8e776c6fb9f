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
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The guest's file locks, taken for real at home. POSIX and open file description locks, which its kernel does not tell
 * apart, are open file description locks here: those of the first owner who locks through a handle are on the handle's
 * own open file, so that it can go home with them; those of further owners are on private ones. flock(2) is on the
 * handle's open file too.
 */
final class FileLocks {
    private static final int F_RDLCK = 0;
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
     * @param shared whether it is a duplicate of the handle's own
     */
    record Owned(SharedFd fd, long handle, boolean shared) {}

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
        handle.asker = owner;
        if (type == F_UNLCK && start == 0 && end == Long.MAX_VALUE) {
            return () -> {
                release(node, owner);
                return 0;
            };
        }
        SharedFd fd = own(call, node, owner, handle, type);
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
            SharedFd locks = handle.locks();
            if (!locks.hold()) return -Errno.EBADF;
            try (locks) {
                return FileCalls.flock(locks.value(), operation);
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

    /** The descriptor that an owner's locks on a file are on, open in a way that allows for that type. */
    private SharedFd own(Call call, Node node, long owner, Handle handle, int type) throws Refused, Errno {
        synchronized (node.locks) {
            Owned there = node.locks.get(owner);
            if (there != null && allows(there.fd(), type)) return there.fd();
            if (there != null) return widened(call, node, owner, there);
            boolean first = isFree(handle);
            SharedFd fresh = first ? duplicate(handle) : new SharedFd(openForLocks(call, node));
            call.identity.root();
            return own(node, owner, new Owned(fresh, handle.id, first));
        }
    }

    private SharedFd own(Node node, long owner, Owned owned) throws Refused {
        keep(key(node, owner, owned), owned.fd());
        node.locks.put(owner, owned);
        locked.add(node);
        return owned.fd();
    }

    private static SharedFd duplicate(Handle handle) throws Refused, Errno {
        SharedFd file = handle.locks();
        if (!file.hold()) throw new Refused(Errno.EBADF);
        try (file) {
            return new SharedFd(file.fd().dup());
        }
    }

    /** Whether nobody has locks of ranges on the handle's own open file. */
    private static boolean isFree(Handle handle) {
        return handle.node.locks.values().stream().noneMatch(it -> it.shared() && it.handle() == handle.id);
    }

    private static boolean allows(SharedFd fd, int type) {
        long mode = FileCalls.fcntl(fd.value(), FileCalls.F_GETFL, 0) & OpenAt.O_ACCMODE;
        return switch (type) {
            case F_RDLCK -> mode != OpenAt.O_WRONLY;
            case F_WRLCK -> mode != OpenAt.O_RDONLY;
            default -> true;
        };
    }

    /**
     * A process that has locked through a descriptor for reading locks through another one for writing. What it holds
     * for reading is taken once more before it is let go: shared locks of two open files do not exclude each other.
     */
    private SharedFd widened(Call call, Node node, long owner, Owned narrow) throws Refused, Errno {
        SharedFd wide = new SharedFd(openForLocks(call, node));
        try {
            for (MemorySegment lock : LockLines.ranges(narrow.fd(), F_RDLCK))
                Refused.check(FileCalls.fcntl(wide.value(), FileCalls.F_OFD_SETLK, lock.address()));
            // locks for writing cannot be had twice
            if (on(narrow.fd(), "OFDLCK") > on(wide, "OFDLCK")) throw new Refused(Errno.ENOLCK);
        } catch (Refused e) {
            wide.close();
            throw e;
        }
        call.identity.root();
        SharedFd fd = own(node, owner, new Owned(wide, narrow.handle(), false));
        drop(node, owner, narrow, true);
        return fd;
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
                + Long.toHexString(owned.handle()) + (owned.shared() ? "-s" : "-p");
    }

    private void keep(String key, SharedFd fd) throws Refused {
        try {
            keeper.keep(key, List.of(fd.fd()));
        } catch (IOException e) {
            fd.close();
            throw new Refused(Errno.ENOLCK);
        }
    }

    /** Who asks holds nothing by it: without locks of its own it asks through an open file that has none. */
    void query(Call call, Node node) throws Refused, Errno {
        Request request = call.request;
        Handle handle = handles.get(request.u64(0), node, false);
        long owner = request.u64(8);
        handle.asker = owner;
        MemorySegment lock = flockOf(Arena.ofAuto(), request.u32(32), request.u64(16), request.u64(24));
        try (SharedFd fd = forQuery(call, node, owner, handle)) {
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

    private SharedFd forQuery(Call call, Node node, long owner, Handle handle) throws Refused {
        synchronized (node.locks) {
            Owned there = node.locks.get(owner);
            SharedFd known = there != null ? there.fd() : isFree(handle) ? handle.locks() : null;
            if (known == null) return new SharedFd(openForLocks(call, node));
            if (!known.hold()) throw new Refused(Errno.EBADF);
            return known;
        }
    }

    /** FLUSH: a process has closed the file, which lets go of all of its POSIX locks on it. */
    void release(Node node, long owner) {
        synchronized (node.locks) {
            Owned owned = node.locks.remove(owner);
            if (owned == null) return;
            drop(node, owner, owned, true);
        }
    }

    /** @param unlock whether the locks end, though another descriptor of the open file may be left */
    private void drop(Node node, long owner, Owned owned, boolean unlock) {
        if (node.locks.isEmpty()) locked.remove(node);
        try {
            if (unlock && owned.shared())
                FileCalls.fcntl(
                        owned.fd().value(),
                        FileCalls.F_OFD_SETLK,
                        flockOf(Arena.ofAuto(), F_UNLCK, 0, Long.MAX_VALUE).address());
            keeper.drop(key(node, owner, owned));
        } catch (IOException e) {
            throw new UncheckedIOException("the stub keeps a lock that was released", e);
        } finally {
            owned.fd().close();
        }
    }

    /**
     * RELEASE: nobody has the open file any more. Who held POSIX locks has let go of them by a FLUSH; what is left was
     * locked for the open file itself, and ends with it: unless the copy from before a move still has it.
     */
    void released(Handle handle) {
        Node node = handle.node;
        synchronized (node.locks) {
            for (Map.Entry<Long, Owned> lock : List.copyOf(node.locks.entrySet())) {
                if (lock.getValue().handle() != handle.id) continue;
                node.locks.remove(lock.getKey());
                drop(node, lock.getKey(), lock.getValue(), false);
            }
        }
    }

    /** The handle's open file has come with locks from elsewhere; those of ranges are its own, as this owner. */
    void adopted(Handle handle, long owner) throws Refused, Errno {
        ever = true;
        Node node = handle.node;
        synchronized (node.locks) {
            if (on(handle.locks(), "OFDLCK") == 0 || node.locks.containsKey(owner)) return;
            own(node, owner, new Owned(duplicate(handle), handle.id, true));
        }
    }

    /** How many locks the open file of a handle has of its own, if that is the number of the open file as an owner. */
    int own(Handle handle, long owner) {
        synchronized (handle.node.locks) {
            Owned ranges = handle.node.locks.get(owner);
            boolean its = ranges != null && ranges.shared() && ranges.handle() == handle.id;
            return on(handle.locks(), "FLOCK") + (its ? on(handle.locks(), "OFDLCK") : 0);
        }
    }

    /** How many locks others have taken through a handle. */
    int others(Handle handle, long owner) {
        int others = 0;
        synchronized (handle.node.locks) {
            for (Map.Entry<Long, Owned> lock : handle.node.locks.entrySet()) {
                Owned owned = lock.getValue();
                if (owned.handle() == handle.id && (lock.getKey() != owner || !owned.shared()))
                    others += on(owned.fd(), "OFDLCK");
            }
        }
        return others;
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
                for (Owned owned : node.locks.values()) if (!owned.shared()) held += on(owned.fd());
            }
        }
        return held;
    }

    /** The locks on one open file. */
    static int on(SharedFd fd) {
        return on(fd, "");
    }

    private static int on(SharedFd fd, String kind) {
        return LockLines.count(fd, kind);
    }

    /** Takes up the locks of an earlier life of this JVM from the keeper; the nodes are there already. */
    void restore() throws IOException {
        ever = true;
        for (String key : keeper.keys(prefix)) {
            String[] parts = key.substring(prefix.length()).split("-", 4);
            Node node = nodes.peek(Long.parseUnsignedLong(parts[0], 16));
            List<Fd> kept = keeper.take(key);
            if (node == null || kept.isEmpty()) continue;
            synchronized (node.locks) {
                node.locks.put(
                        Long.parseUnsignedLong(parts[1], 16),
                        new Owned(
                                new SharedFd(kept.getFirst()),
                                Long.parseUnsignedLong(parts[2], 16),
                                parts[3].equals("s")));
                locked.add(node);
            }
        }
    }

    /** Whether a lock request's reply would be that it waits. */
    static boolean isBusy(long result) {
        return result == -Errno.EAGAIN;
    }
}

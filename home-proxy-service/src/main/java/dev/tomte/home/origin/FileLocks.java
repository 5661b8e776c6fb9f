package dev.tomte.home.origin;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.tomte.home.Keeper;
import dev.tomte.home.LockGate;
import dev.tomte.home.origin.OwnedLocks.Kind;
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
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The guest's file locks, taken for real at home. POSIX and open file description locks, which its kernel does not tell
 * apart, are open file description locks here: those of the first owner who locks through a handle are on the handle's
 * own open file, so that it can go home with them; those of further owners are on private ones. flock(2) is on the
 * handle's open file too.
 */
final class FileLocks implements AutoCloseable {
    private static final int F_RDLCK = 0;
    private static final int F_WRLCK = 1;
    private static final int F_UNLCK = 2;
    private static final int LK_FLOCK = 1;
    /** An attempt's answer: it is to be tried again. */
    static final long BUSY = Long.MIN_VALUE;

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

    /** One try to take a lock, again and again for one that waits. */
    interface Attempt {
        /** 0, the negative errno, or {@link #BUSY}. */
        long run();
    }

    /**
     * What a SETLK or SETLKW asks for.
     *
     * @param waits whether it waits while another holds the lock
     */
    Attempt attempt(Call call, Node node, boolean waits) throws Refused, Errno {
        ever = true;
        Request request = call.request;
        Handle handle = handles.get(request.u64(0), node, false);
        int type = request.u32(32);
        if (type < 0 || type > F_UNLCK) throw new Refused(Errno.EINVAL);
        if ((request.u32(40) & LK_FLOCK) != 0) return flock(handle, type, waits);
        long start = request.u64(16);
        long end = request.u64(24);
        if (start < 0 || end < start) throw new Refused(Errno.EINVAL);
        long owner = request.u64(8);
        handle.asker = owner;
        if (type == F_UNLCK && start == 0 && end == Long.MAX_VALUE) {
            return () -> {
                release(node, owner, true);
                return 0;
            };
        }
        SharedFd fd = own(call, node, owner, handle, type);
        MemorySegment lock = flockOf(Arena.ofAuto(), type, start, end);
        return () -> {
            if (isAwaited(node, owner)) return BUSY;
            if (!fd.hold()) return -Errno.EBADF;
            try (fd) {
                long result =
                        LockGate.through(() -> FileCalls.fcntl(fd.value(), FileCalls.F_OFD_SETLK, lock.address()));
                return waits && result == -Errno.EAGAIN ? BUSY : result;
            }
        };
    }

    /**
     * Whether what this owner holds is held by its process's copy at home yet: its home's agent passes it on in a moment.
     */
    private boolean isAwaited(Node node, long owner) {
        synchronized (node.locks) {
            OwnedLocks there = node.locks.get(owner);
            if (there == null || !there.awaited()) return false;
            if (on(there.fd()) == 0) return true;
            try {
                OwnedLocks settled = there.arrived();
                keeper.keep(key(node, owner, settled), List.of(there.fd().fd()));
                node.locks.put(owner, settled);
                keeper.drop(key(node, owner, there));
                return false;
            } catch (IOException e) {
                // the stub has not taken note of it: who waits asks again
                return true;
            }
        }
    }

    private Attempt flock(Handle handle, int type, boolean waits) {
        int operation = type == F_UNLCK
                ? FileCalls.LOCK_UN
                : (type == F_WRLCK ? FileCalls.LOCK_EX : FileCalls.LOCK_SH) | FileCalls.LOCK_NB;
        return () -> {
            SharedFd locks = handle.locks();
            if (!locks.hold()) return -Errno.EBADF;
            try (locks) {
                long result = LockGate.through(() -> FileCalls.flock(locks.value(), operation));
                return waits && result == -Errno.EAGAIN ? BUSY : result;
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
            OwnedLocks there = node.locks.get(owner);
            if (there != null && allows(there.fd(), type)) return there.fd();
            if (there != null) return widened(call, node, owner, there);
            boolean first = isFree(handle);
            SharedFd fresh = first ? duplicate(handle) : new SharedFd(openForLocks(call, node));
            call.identity.root();
            return own(
                    node,
                    owner,
                    new OwnedLocks(fresh, handle.id, first ? Kind.SHARED : Kind.PRIVATE, call.request.u32(36)));
        }
    }

    private SharedFd own(Node node, long owner, OwnedLocks owned) throws Refused {
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
    private SharedFd widened(Call call, Node node, long owner, OwnedLocks narrow) throws Refused, Errno {
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
        SharedFd fd = own(node, owner, new OwnedLocks(wide, narrow.handle(), Kind.PRIVATE, narrow.process()));
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

    private String key(Node node, long owner, OwnedLocks owned) {
        return prefix + owned.key(node.id, owner);
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
        // who could be in its way then is itself
        if (isAwaited(node, owner)) lock.set(JAVA_SHORT, 0, (short) F_UNLCK);
        else ask(call, node, owner, handle, lock);
        long start = lock.get(JAVA_LONG, 8);
        long length = lock.get(JAVA_LONG, 16);
        call.reply
                .u64(start)
                .u64(length == 0 ? Long.MAX_VALUE : start + length - 1)
                .u32(lock.get(JAVA_SHORT, 0))
                // the holder's number at home means nothing in the guest
                .u32(0);
    }

    private void ask(Call call, Node node, long owner, Handle handle, MemorySegment lock) throws Refused, Errno {
        try (SharedFd fd = forQuery(call, node, owner, handle)) {
            Refused.check(FileCalls.fcntl(fd.value(), FileCalls.F_OFD_GETLK, lock.address()));
        }
    }

    private SharedFd forQuery(Call call, Node node, long owner, Handle handle) throws Refused {
        synchronized (node.locks) {
            OwnedLocks there = node.locks.get(owner);
            SharedFd known = there != null ? there.fd() : isFree(handle) ? handle.locks() : null;
            if (known == null) return new SharedFd(openForLocks(call, node));
            if (!known.hold()) throw new Refused(Errno.EBADF);
            return known;
        }
    }

    /**
     * FLUSH: a process has closed the file, which lets go of all of its POSIX locks on it.
     *
     * @param unlock whether the locks end, though others may have the open file too: not those of a copy that is not to
     *     run, as the process's other copy has them
     */
    void release(Node node, long owner, boolean unlock) {
        synchronized (node.locks) {
            OwnedLocks owned = node.locks.remove(owner);
            if (owned == null) return;
            drop(node, owner, owned, unlock);
        }
    }

    /** @param unlock as of {@link #release} */
    private void drop(Node node, long owner, OwnedLocks owned, boolean unlock) {
        if (node.locks.isEmpty()) locked.remove(node);
        try {
            if (unlock)
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
            for (Map.Entry<Long, OwnedLocks> lock : List.copyOf(node.locks.entrySet())) {
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
            own(node, owner, new OwnedLocks(duplicate(handle), handle.id, Kind.SHARED, 0));
        }
    }

    /**
     * A process has come that holds POSIX locks through a handle.
     *
     * @param file what home holds them on, or will: then they are its copy's at home yet; becomes this object's
     * @param process as the guest's host numbers it
     */
    void adopted(Handle handle, long owner, SharedFd file, int process) throws Refused {
        ever = true;
        synchronized (handle.node.locks) {
            if (handle.node.locks.containsKey(owner)) {
                file.close();
                throw new Refused(Errno.EBUSY);
            }
            own(
                    handle.node,
                    owner,
                    new OwnedLocks(file, handle.id, on(file) == 0 ? Kind.AWAITED : Kind.PRIVATE, process));
        }
    }

    /** What a process has locked through a handle for itself; null if that cannot be told, or is not here yet. */
    @Nullable
    SharedFd of(Handle handle, int process) {
        Node node = handle.node;
        synchronized (node.locks) {
            List<Map.Entry<Long, OwnedLocks>> all = node.locks.entrySet().stream()
                    .filter(lock -> lock.getValue().handle() == handle.id
                            && lock.getValue().process() == process)
                    .toList();
            boolean here = all.size() == 1 && !isAwaited(node, all.getFirst().getKey());
            return here ? all.getFirst().getValue().fd() : null;
        }
    }

    /**
     * How many locks processes have taken through a handle for themselves.
     *
     * @param owner the open file's own number as an owner: its locks that are not on the handle's are counted for process 0
     */
    Map<Integer, Integer> processes(Handle handle, long owner) {
        Map<Integer, Integer> processes = new TreeMap<>();
        synchronized (handle.node.locks) {
            for (Map.Entry<Long, OwnedLocks> lock : handle.node.locks.entrySet()) {
                OwnedLocks owned = lock.getValue();
                if (owned.handle() == handle.id && (lock.getKey() != owner || !owned.shared()))
                    processes.merge(
                            lock.getKey() == owner ? 0 : owned.process(), on(owned.fd(), "OFDLCK"), Integer::sum);
            }
        }
        return processes;
    }

    /** How many locks the open file of a handle has of its own, if that is the number of the open file as an owner. */
    int own(Handle handle, long owner) {
        synchronized (handle.node.locks) {
            OwnedLocks ranges = handle.node.locks.get(owner);
            boolean its = ranges != null && ranges.shared() && ranges.handle() == handle.id;
            return on(handle.locks(), "FLOCK") + (its ? on(handle.locks(), "OFDLCK") : 0);
        }
    }

    /** How many locks others have taken through a handle. */
    int others(Handle handle, long owner) {
        return processes(handle, owner).values().stream()
                .mapToInt(Integer::intValue)
                .sum();
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
                for (Map.Entry<Long, OwnedLocks> lock : List.copyOf(node.locks.entrySet())) {
                    // at least one will come
                    if (isAwaited(node, lock.getKey())) held++;
                    else if (!lock.getValue().shared())
                        held += on(lock.getValue().fd());
                }
            }
        }
        return held;
    }

    /** The session is over; also of what the guest has forgotten, locked as it was. */
    @Override
    public void close() {
        for (Node node : locked) {
            synchronized (node.locks) {
                node.locks.values().forEach(owned -> owned.fd().close());
                node.locks.clear();
            }
        }
        locked.clear();
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
            OwnedLocks.Key its = OwnedLocks.Key.of(key.substring(prefix.length()));
            Node node = nodes.peek(its.node());
            List<Fd> kept = keeper.take(key);
            if (node == null) kept.forEach(Fd::close);
            if (node == null || kept.isEmpty()) continue;
            synchronized (node.locks) {
                node.locks.put(its.owner(), its.on(kept.getFirst()));
                locked.add(node);
            }
        }
    }
}

package dev.tomte.home.origin;

import dev.tomte.home.Keeper;
import dev.tomte.home.frames.Delegated;
import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.FileCalls;
import dev.tomte.linux.OpenAt;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A session's open files. Their descriptors are also in the home stub's keeping. Any thread may call. */
final class Handles implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Handles.class.getName());

    private final Nodes nodes;
    private final Journal journal;
    private final Keeper keeper;
    private final String prefix;
    private final Map<Long, Handle> open = new ConcurrentHashMap<>();
    private final AtomicLong nextId = new AtomicLong(1);

    Handles(Nodes nodes, Journal journal, Keeper keeper, String prefix) {
        this.nodes = nodes;
        this.journal = journal;
        this.keeper = keeper;
        this.prefix = prefix;
    }

    /** An open handle; it must be one of that node, and of that sort. */
    Handle get(long id, Node node, boolean directory) throws Refused {
        Handle handle = get(id, node);
        if (handle.directory != directory) throw new Refused(Errno.EBADF);
        return handle;
    }

    @Nullable
    Handle peek(long id) {
        return open.get(id);
    }

    Handle get(long id, Node node) throws Refused {
        Handle handle = open.get(id);
        if (handle == null && Delegated.isOpen(id)) handle = open.get(Delegated.of(id));
        if (handle == null || handle.node != node) throw new Refused(Errno.EBADF);
        return handle;
    }

    /** Its descriptor, held for the caller. */
    static SharedFd use(Handle handle) throws Refused {
        if (!handle.fd.hold()) throw new Refused(Errno.EBADF);
        return handle.fd;
    }

    /**
     * A file that the request has opened. The thread is root afterwards, as the stub's keeping is not the user's business.
     *
     * @param fd the open file, which becomes this object's, whatever happens
     */
    Handle opened(Call call, Node node, int fd, boolean directory, boolean appends) throws Refused, Errno {
        return opened(call, new Handle(nextId.getAndIncrement(), node, new SharedFd(fd), directory, appends));
    }

    /** The number for a file that is to be delegated. */
    long nextDelegated() {
        return Delegated.number(nextId.getAndIncrement());
    }

    /** The same of a file that the guest may open by itself: all who do so share it. */
    Handle delegated(Call call, Node node, int fd, long number) throws Refused, Errno {
        return opened(call, new Handle(number, node, new SharedFd(fd), false, false));
    }

    /**
     * Gives an open by a delegation an open file of its own, as what is locked is an open file. Nothing happens if it has
     * one, or is no such open.
     */
    void separate(Call call, long id, Node node) throws Refused, Errno {
        if (!Delegated.isOpen(id)) return;
        synchronized (this) {
            if (open.containsKey(id)) return;
            call.identity.root();
            try (SharedFd shared = use(get(id, node, false))) {
                long fd = Refused.check(OpenAt.raw(
                        FileCalls.AT_FDCWD, call.pathOf(shared.value()), OpenAt.O_RDONLY | OpenAt.O_NONBLOCK, 0));
                opened(call, new Handle(id, node, new SharedFd((int) fd), false, false));
            }
        }
    }

    private Handle opened(Call call, Handle handle) throws Refused, Errno {
        if (open.size() >= Limits.HANDLES) {
            handle.close();
            throw new Refused(Errno.EMFILE);
        }
        call.identity.root();
        if (!handle.directory) keep(handle);
        journal.handle(handle);
        nodes.handleOpened(handle);
        open.put(handle.id, handle);
        return handle;
    }

    private String key(long id) {
        return prefix + Long.toHexString(id);
    }

    private void keep(Handle handle) {
        try {
            keeper.keep(key(handle.id), List.of(handle.fd.fd()));
        } catch (IOException e) {
            LOG.log(Level.WARNING, "an open file is not in the stub's keeping: {0}", e.getMessage());
        }
    }

    void close(Handle handle) {
        if (!open.remove(handle.id, handle)) return;
        journal.closed(handle);
        if (!handle.directory) drop(handle.id);
        nodes.handleClosed(handle);
        handle.close();
    }

    private void drop(long id) {
        try {
            keeper.drop(key(id));
        } catch (IOException e) {
            LOG.log(Level.WARNING, "the stub goes on keeping a file that was closed: {0}", e.getMessage());
        }
    }

    /** A handle of an earlier life of this JVM. */
    void restore(Handle handle) {
        nextId.accumulateAndGet(Delegated.count(handle.id) + 1, Math::max);
        nodes.handleOpened(handle);
        open.put(handle.id, handle);
    }

    /** What the keeper holds of a handle of an earlier life, if anything. */
    List<Fd> kept(long id) throws IOException {
        return keeper.take(key(id));
    }

    void writeTo(Journal journal) {
        open.values().forEach(journal::handle);
    }

    /** How many file locks are on the open files themselves. */
    int locks() {
        int locks = 0;
        for (Handle handle : open.values()) if (!handle.directory) locks += FileLocks.on(handle.locks());
        return locks;
    }

    /** The session's end: all are closed, and the keeper forgets them. */
    void closeForGood() {
        for (Handle handle : List.copyOf(open.values())) close(handle);
    }

    /** Lets go of the descriptors; those in the stub's keeping stay. */
    @Override
    public void close() {
        for (Handle handle : List.copyOf(open.values())) if (open.remove(handle.id, handle)) handle.close();
    }
}

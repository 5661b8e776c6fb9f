package dev.tomte.home.origin;

import java.lang.foreign.MemorySegment;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** An open file or directory of a session. */
final class Handle {
    final long id;
    final Node node;
    final SharedFd fd;
    final boolean directory;
    final boolean appends;
    /** Whether the guest has written through it since it was flushed. */
    volatile boolean wrote;

    /** The process's open file from before its move, which has its locks; null: they are on {@link #fd}. */
    private volatile @Nullable SharedFd adopted;

    /** Who asked for a lock through it last, as the guest's kernel numbers owners. */
    volatile long asker;

    /** Under what it was kept for moves: whoever took it may have made it append. */
    final Set<String> held = ConcurrentHashMap.newKeySet(0);

    /** A directory's entries that were read and not yet given out. Guarded by the handle, as are the three below. */
    @Nullable
    MemorySegment entries;

    int entriesNext;
    int entriesEnd;
    /** The directory offset of the next entry; -1 before the first read. */
    long entriesOffset = -1;

    Handle(long id, Node node, SharedFd fd, boolean directory, boolean appends) {
        this.id = id;
        this.node = node;
        this.fd = fd;
        this.directory = directory;
        this.appends = appends;
    }

    /** The open file that its locks are on. */
    SharedFd locks() {
        SharedFd other = adopted;
        return other == null ? fd : other;
    }

    boolean hasAdopted() {
        return adopted != null;
    }

    /** From now on its locks are on that file, which becomes this object's. */
    void adopt(SharedFd file) {
        SharedFd before = adopted;
        adopted = file;
        if (before != null) before.close();
    }

    void close() {
        SharedFd other = adopted;
        if (other != null) other.close();
        fd.close();
    }
}

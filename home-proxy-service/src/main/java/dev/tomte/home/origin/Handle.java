package dev.tomte.home.origin;

import java.lang.foreign.MemorySegment;
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
}

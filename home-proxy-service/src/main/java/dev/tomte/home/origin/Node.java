package dev.tomte.home.origin;

import dev.tomte.linux.Stat;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A file that the guest's kernel knows by number. Guarded by its {@link Nodes}, unless final. */
final class Node {
    final long id;
    final long device;
    final long inode;
    /** S_IFMT bits; an inode never changes them. */
    final int type;
    /** Something that would show the origin's own processes or devices: known to be there, and not served. */
    final boolean barred;

    /** Where it was last seen; null for the root, and once its name has gone. */
    @Nullable
    Node parent;

    byte[] name;

    /** How often the guest's kernel was told of it, less what it has forgotten. */
    long lookups;

    /** An O_PATH descriptor, which also keeps the inode's number from being given to another file. */
    @Nullable
    SharedFd path;

    final Set<Handle> handles = new LinkedHashSet<>(2);

    /** Private descriptors with POSIX locks, by owner. Guarded by the node itself. */
    final Map<Long, SharedFd> locks = new HashMap<>(0);

    /** What the file looked like when it was opened last; nothing yet if {@code seenSize} is negative. */
    private long seenSize = -1;

    private long seenModified;
    private long seenChanged;

    Node(long id, Stat stat, boolean barred, @Nullable Node parent, byte[] name) {
        this(id, stat.device(), stat.inode(), stat.type(), barred, parent, name);
    }

    Node(long id, long device, long inode, int type, boolean barred, @Nullable Node parent, byte[] name) {
        this.id = id;
        this.device = device;
        this.inode = inode;
        this.type = type;
        this.barred = barred;
        this.parent = parent;
        this.name = name;
    }

    boolean isDirectory() {
        return type == Stat.S_IFDIR;
    }

    boolean isRegular() {
        return type == Stat.S_IFREG;
    }

    /**
     * Whether the file is what it was when the guest opened it last. A change within the clock's last tick may not show
     * in the times: what is that young counts as changed.
     */
    synchronized boolean unchangedSinceLastOpen(Stat now, long second) {
        long modified = now.modified() * 1_000_000_000 + now.modifiedNanos();
        long changed = now.changed() * 1_000_000_000 + now.changedNanos();
        boolean same = seenSize == now.size() && seenModified == modified && seenChanged == changed;
        boolean settled = now.changed() + 2 < second && now.modified() + 2 < second;
        seenSize = settled ? now.size() : -1;
        seenModified = modified;
        seenChanged = changed;
        return same && settled;
    }
}

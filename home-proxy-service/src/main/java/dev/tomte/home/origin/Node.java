package dev.tomte.home.origin;

import dev.tomte.linux.Fanotify;
import dev.tomte.linux.Stat;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A file that the guest's kernel knows by number. Guarded by its {@link Nodes}, unless final. */
final class Node {
    /** By then a notice has arrived, or the connection is about to count as lost. */
    private static final long NEWS_NANOS = 1_000_000_000L;

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

    /** Private descriptors with locks, by owner. Guarded by the map. */
    final Map<Long, OwnedLocks> locks = new HashMap<>(0);

    /** Whether home tells of changes: of a directory, of what is in it too. */
    volatile boolean watched;

    /** By which events name it; null before it was watched. */
    volatile Fanotify.@Nullable FileId fileId;

    /** Others have changed it since the guest opened it last. Guarded by the node, as is what follows. */
    private boolean changed;

    private long changedNanos;
    private boolean nameTaken;
    private int opens;
    /** When somebody at home last wanted it who would have had to wait for the guest; 0: never. */
    private long recalledNanos;

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

    /** Others have changed what is in it. */
    synchronized void changedAtHome() {
        changed = true;
        changedNanos = System.nanoTime();
    }

    /** Others have changed it so lately that the guest's kernel may not have been told. */
    synchronized boolean isNews() {
        return changed || (changedNanos != 0 && System.nanoTime() - changedNanos < NEWS_NANOS);
    }

    /** Others have moved or removed it. */
    synchronized void nameTaken() {
        nameTaken = true;
    }

    /** Whether {@link #nameTaken} was said since this was asked last. */
    synchronized boolean takeNameTaken() {
        boolean taken = nameTaken;
        nameTaken = false;
        return taken;
    }

    /** Somebody at home wants to write to it. */
    synchronized void recalled() {
        recalledNanos = System.nanoTime();
    }

    /** Whether the guest has opened it before, and nobody at home has wanted it for so long. */
    synchronized boolean isOpenedAgain(long restNanos) {
        return opens > 1 && (recalledNanos == 0 || System.nanoTime() - recalledNanos > restNanos);
    }

    /** The guest opens it: whether what its kernel has of the contents is right. */
    synchronized boolean opened(Stat now) {
        opens = Math.min(opens + 1, 2);
        boolean same = looksLike(now);
        boolean news = isNews();
        boolean settled = watched || isSettled(now);
        remember(now);
        if (!settled) seenSize = -1;
        changed = false;
        return same && settled && !news;
    }

    private boolean looksLike(Stat now) {
        return seenSize == now.size()
                && seenModified == nanos(now.modified(), now.modifiedNanos())
                && seenChanged == nanos(now.changed(), now.changedNanos());
    }

    /** A change within the clock's last tick may not show in the times: what is that young is not to be relied on. */
    private static boolean isSettled(Stat now) {
        long second = System.currentTimeMillis() / 1000;
        return now.changed() + 2 < second && now.modified() + 2 < second;
    }

    /** The guest itself has made it look like this: its kernel knows. */
    synchronized void remember(Stat now) {
        seenSize = now.size();
        seenModified = nanos(now.modified(), now.modifiedNanos());
        seenChanged = nanos(now.changed(), now.changedNanos());
    }

    private static long nanos(long seconds, int nanos) {
        return seconds * 1_000_000_000 + nanos;
    }
}

package dev.tomte.home.origin;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tomte.home.frames.Fuse;
import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.FileCalls;
import dev.tomte.linux.OpenAt;
import dev.tomte.linux.Stat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** The files that a session's guest knows, and the descriptors by which they are reached. Any thread may call. */
final class Nodes implements AutoCloseable {
    private record File(long device, long inode) {}

    /** So many nodes are looked at for each that is new beyond the limit. */
    private static final int PRUNED = 4;
    /** So many to find one that can be done without. */
    private static final int EXAMINED = 64;

    /** How many there are of these, which share what descriptors this JVM may have. */
    private static final AtomicInteger OPEN = new AtomicInteger();

    private final Journal journal;
    private final Notices notices;
    private final int limit;
    /** The longest unused first. */
    private final Map<Long, Node> byId = new LinkedHashMap<>(16, 0.75f, true);

    private final Map<File, Node> byFile = new HashMap<>();
    /** Nodes with an O_PATH descriptor that can be had again by name; the longest unused first. */
    private final LinkedHashSet<Node> evictable = new LinkedHashSet<>();

    private final ToldNames names;
    private final Node root;
    private final Stat stat = new Stat();
    private BiConsumer<Node, @Nullable SharedFd> onForgotten = (node, path) -> {};
    private long nextId;

    /**
     * Knows the root.
     *
     * @param root an O_PATH descriptor of the root directory, which becomes this object's
     * @param notices where the guest's kernel is told what to forget
     * @param limit how many nodes there are before it is
     */
    Nodes(Fd root, Journal journal, Notices notices, int limit) throws Refused {
        this.journal = journal;
        this.notices = notices;
        this.limit = limit;
        Refused.check(stat.of(root.value()));
        this.root = new Node(Fuse.ROOT, stat, false, null, new byte[0]);
        this.root.path = new SharedFd(root);
        this.root.lookups = 1;
        byId.put(this.root.id, this.root);
        byFile.put(new File(stat.device(), stat.inode()), this.root);
        nextId = this.root.id + 1;
        OPEN.incrementAndGet();
        names = new ToldNames(this.root, name -> notices.name(name.directory(), name.name()));
    }

    /** How many sessions there are in all. */
    static int sessions() {
        return OPEN.get();
    }

    /** @param action what to do about a node that the guest has forgotten, with its O_PATH descriptor if it has one */
    void onForgotten(BiConsumer<Node, @Nullable SharedFd> action) {
        onForgotten = action;
    }

    private static String text(byte[] name) {
        return new String(name, StandardCharsets.ISO_8859_1);
    }

    /** The guest is told that there is no such name. */
    synchronized void absent(Node directory, byte[] name) {
        names.told(directory, text(name), null);
    }

    /** The file that the guest knows by that name. */
    synchronized @Nullable Node told(Node directory, String name) {
        Node node = names.find(directory, name);
        return node != null && byId.get(node.id) == node ? node : null;
    }

    /** Everything that the guest's kernel may believe. */
    synchronized List<Notices.Notice> believed() {
        List<Notices.Notice> all = new ArrayList<>();
        names.forEach(name -> all.add(new Notices.Notice.Name(name.directory().id, name.name())));
        for (Long id : byId.keySet()) all.add(new Notices.Notice.File(id, true));
        return all;
    }

    /** Others may have changed any of them. */
    synchronized void changedAtHome() {
        byId.values().forEach(Node::changedAtHome);
    }

    Node root() {
        return root;
    }

    synchronized Node get(long id) throws Refused {
        Node node = peek(id);
        if (node == null) throw new Refused(Errno.ESTALE);
        return node;
    }

    /** The node of that file if the guest knows it. */
    synchronized @Nullable Node find(Stat file) {
        return byFile.get(new File(file.device(), file.inode()));
    }

    /**
     * The node of a file that was found under that name; the guest will be told of it once more.
     *
     * @param path an O_PATH descriptor of it, which becomes this object's, or null
     */
    synchronized Node found(Node parent, byte[] name, Stat file, boolean barred, @Nullable SharedFd path)
            throws Refused {
        File key = new File(file.device(), file.inode());
        Node node = byFile.get(key);
        if (node != null && (node.type != file.type() || node.barred != barred)) {
            // the inode's number has been given to another file: the old node keeps its number and finds nothing more
            byFile.remove(key);
            loseName(node);
            node = null;
        }
        if (node == null) {
            if (byId.size() >= limit + limit / 4 && !dropEldest()) {
                if (path != null) path.close();
                throw new Refused(Errno.ENOMEM);
            }
            node = new Node(nextId++, file, barred, parent, name);
            byId.put(node.id, node);
            byFile.put(key, node);
            journal.node(node);
            if (byId.size() > limit) prune();
            names.told(parent, text(name), node);
        } else if (node.parent != parent || !Arrays.equals(node.name, name)) {
            name(node, parent, name);
        } else names.told(parent, text(name), node);
        if (path != null) {
            if (node.path == null && node != root) {
                node.path = path;
                evictable.add(node);
                evict();
            } else path.close();
        }
        node.lookups++;
        return node;
    }

    /** A file without a name, as O_TMPFILE makes them. */
    synchronized Node nameless(Stat file, SharedFd path) throws Refused {
        Node node = found(root, new byte[0], file, false, path);
        loseName(node);
        return node;
    }

    private void name(Node node, Node parent, byte[] name) {
        if (node == root) return;
        node.parent = parent;
        node.name = name;
        names.told(parent, text(name), node);
        if (node.path != null) evictable.add(node);
        journal.node(node);
    }

    private void loseName(Node node) {
        if (node.parent == null) return;
        node.parent = null;
        evictable.remove(node);
        journal.node(node);
    }

    /** A name has gone: the file may live on through open handles. */
    synchronized void unlinked(Node parent, byte[] name, Node node) {
        if (node.parent == parent && Arrays.equals(node.name, name)) loseName(node);
    }

    synchronized void renamed(Node node, Node parent, byte[] name) {
        name(node, parent, name);
    }

    /** The guest's kernel has forgotten so many lookups. */
    synchronized void forget(long id, long lookups) {
        Node node = byId.get(id);
        if (node == null || node == root || lookups <= 0) return;
        node.lookups = Math.max(0, node.lookups - lookups);
        release(node);
    }

    /** What is open of a file that the guest's kernel does not know any more. */
    synchronized List<Handle> openThoughForgotten(long id) {
        Node node = byId.get(id);
        return node == null || node.lookups > 0 ? List.of() : List.copyOf(node.handles);
    }

    /** A handle on it has been closed. */
    synchronized void handleClosed(Handle handle) {
        handle.node.handles.remove(handle);
        release(handle.node);
    }

    synchronized void handleOpened(Handle handle) {
        handle.node.handles.add(handle);
    }

    private void release(Node node) {
        if (node.lookups > 0 || !node.handles.isEmpty() || byId.get(node.id) != node) return;
        byId.remove(node.id);
        byFile.remove(new File(node.device, node.inode), node);
        evictable.remove(node);
        if (node.parent != null) names.forget(node.parent, text(node.name), node);
        SharedFd path = node.path != null ? node.path : node.watched && node.isDirectory() ? foundAgain(node) : null;
        onForgotten.accept(node, path);
        if (path != null) path.close();
        node.path = null;
        journal.forgotten(node);
    }

    /** A descriptor of the node, O_PATH or open, held for the caller. */
    SharedFd open(Node node) throws Refused {
        if (node.barred) throw new Refused(Errno.EACCES);
        return openBarred(node);
    }

    /** Also of one that is not served: to say what it looks like. */
    synchronized SharedFd openBarred(Node node) throws Refused {
        SharedFd path = node.path;
        if (path != null && path.hold()) {
            if (evictable.remove(node)) evictable.add(node);
            return path;
        }
        for (Handle handle : node.handles) if (handle.fd.hold()) return handle.fd;
        SharedFd fresh = resolve(node);
        node.path = fresh;
        evictable.add(node);
        if (!fresh.hold()) throw new Refused(Errno.ESTALE);
        evict();
        return fresh;
    }

    /** Finds the file by its name again; another file there is not it. */
    private SharedFd resolve(Node node) throws Refused {
        Node parent = node.parent;
        if (parent == null) throw new Refused(Errno.ESTALE);
        try (Arena arena = Arena.ofConfined();
                SharedFd directory = openBarred(parent)) {
            MemorySegment name = arena.allocate(node.name.length + 1L);
            MemorySegment.copy(node.name, 0, name, JAVA_BYTE, 0, node.name.length);
            long fd = OpenAt.beneath(directory.value(), name.address(), OpenAt.O_PATH | OpenAt.O_NOFOLLOW, 0);
            if (fd == -Errno.EACCES) throw new Refused(Errno.EACCES);
            if (fd < 0) throw new Refused(Errno.ESTALE);
            SharedFd found = new SharedFd((int) fd);
            if (stat.of((int) fd) < 0
                    || stat.device() != node.device
                    || stat.inode() != node.inode
                    || stat.type() != node.type) {
                found.close();
                throw new Refused(Errno.ESTALE);
            }
            return found;
        }
    }

    /** Asks the guest's kernel to forget some of what it has not used for long; it says when it has. */
    private void prune() {
        List<Node> eldest = byId.values().stream().limit(PRUNED).toList();
        for (Node node : eldest) {
            byId.get(node.id);
            if (node != root && node.handles.isEmpty() && node.parent != null) notices.forget(node);
        }
    }

    /**
     * The guest does not forget as fast as it looks things up. A file that it asks for under a number that is gone is
     * stale, and then its kernel looks the name up again.
     *
     * @return false if there was none to drop
     */
    private boolean dropEldest() {
        for (Node node : byId.values().stream().limit(EXAMINED).toList()) {
            byId.get(node.id);
            if (node.isDirectory() || !node.handles.isEmpty() || !node.locks.isEmpty() || node.parent == null) continue;
            node.lookups = 0;
            release(node);
            return true;
        }
        return false;
    }

    private @Nullable SharedFd foundAgain(Node node) {
        try {
            return resolve(node);
        } catch (Refused e) {
            return null;
        }
    }

    private void evict() {
        int most = Limits.pathDescriptors(sessions());
        Iterator<Node> oldest = evictable.iterator();
        while (evictable.size() > most && oldest.hasNext()) {
            Node node = oldest.next();
            oldest.remove();
            if (node.path != null) node.path.close();
            node.path = null;
        }
    }

    /** A node of an earlier life of this JVM: how often the guest was told of it is not known, so it stays. */
    synchronized void restore(Node node) {
        if (node.id == root.id) return;
        node.lookups = Long.MAX_VALUE / 2;
        byId.put(node.id, node);
        byFile.put(new File(node.device, node.inode), node);
        if (node.parent != null) names.told(node.parent, text(node.name), node);
        nextId = Math.max(nextId, node.id + 1);
    }

    synchronized void writeTo(Journal journal) {
        for (Node node : byId.values()) if (node != root) journal.node(node);
    }

    synchronized @Nullable Node peek(long id) {
        return byId.get(id == Fuse.ROOT_AGAIN ? Fuse.ROOT : id);
    }

    @Override
    public synchronized void close() {
        if (byId.isEmpty()) return;
        OPEN.decrementAndGet();
        for (Node node : evictable) {
            if (node.path != null) node.path.close();
            node.path = null;
        }
        for (Node node : byId.values()) {
            if (node.path != null) node.path.close();
            node.path = null;
        }
        byId.clear();
        byFile.clear();
        names.clear();
        evictable.clear();
    }

    /** Whether a file is of a kind that would show the origin's own processes, devices or terminals. */
    static boolean barred(int fd, MemorySegment scratch) {
        if (FileCalls.fstatfs(fd, scratch.address()) < 0) return true;
        return BARRED.contains(scratch.get(JAVA_LONG, 0));
    }

    private static final Set<Long> BARRED = Set.of(
            0x9fa0L, // proc
            0x62656572L, // sysfs
            0x27e0ebL, // cgroup
            0x63677270L, // cgroup2
            0x1cd1L, // devpts
            0x19800202L, // mqueue
            0x64626720L, // debugfs
            0x74726163L, // tracefs
            0x73636673L, // securityfs
            0xcafe4a11L, // bpf
            0x6e736673L, // nsfs
            0x42494e4dL, // binfmt_misc
            0x6165676cL, // pstore
            0xde5e81e4L, // efivarfs
            0x65735543L, // fusectl
            0x0187L); // autofs
}

package dev.tomte.home.origin;

import dev.tomte.linux.Errno;
import dev.tomte.linux.EventFd;
import dev.tomte.linux.Fanotify;
import dev.tomte.linux.Fd;
import dev.tomte.linux.Poll;
import dev.tomte.linux.Stat;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what others than this session's guest change at home. Whatever the guest is told of a file is looked at
 * after the file, or the directory that it was found in, is watched: a change that the guest was not told of is an event
 * that comes. Any thread may call.
 */
final class Watch implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Watch.class.getName());
    private static final Duration LONG = Duration.ofMinutes(1);

    private static final long NAMES = Fanotify.CREATE | Fanotify.DELETE | Fanotify.MOVED_FROM | Fanotify.MOVED_TO;
    /** CLOSE_WRITE, as stores through a mapping are told by nothing else. */
    private static final long CONTENTS = Fanotify.MODIFY | Fanotify.CLOSE_WRITE;

    private static final long OF_FILES = CONTENTS | Fanotify.ATTRIB;
    private static final long OF_DIRECTORIES = OF_FILES | NAMES | Fanotify.ON_CHILD | Fanotify.ON_DIRECTORY;

    private final Nodes nodes;
    private final Notices notices;
    private final @Nullable Fanotify fanotify;
    private final EventFd wake;
    private final Map<Fanotify.FileId, Node> watched = new ConcurrentHashMap<>();
    /** Threads whose changes are the guest's own. */
    private final Set<Integer> own = ConcurrentHashMap.newKeySet();

    private final Stat stat = new Stat();
    private Consumer<Node> onChange = node -> {};
    private int waiting;
    private boolean closed;

    /** @param wake what {@link Notices} wakes the waiting thread with; becomes this object's */
    Watch(Nodes nodes, Notices notices, EventFd wake) {
        this.nodes = nodes;
        this.notices = notices;
        this.wake = wake;
        Fanotify made = null;
        try {
            made = new Fanotify();
        } catch (Errno e) {
            LOG.log(Level.WARNING, "changes at home are seen after a second only: {0}", e.getMessage());
        }
        fanotify = made;
    }

    /** @param action what to do about a file that others have changed, or moved */
    void onChange(Consumer<Node> action) {
        onChange = action;
    }

    /** Whether changes are told at all. */
    boolean works() {
        return fanotify != null;
    }

    /** What that thread changes is the guest's own doing. */
    void own(int thread) {
        own.add(thread);
    }

    void notOwn(int thread) {
        own.remove(thread);
    }

    /**
     * Watches a file or directory from now on. If that is not possible, {@link Node#watched} stays false.
     *
     * @param fd a descriptor of it
     * @return whether it was not watched before: what it looks like must be looked at again
     */
    boolean see(Call call, Node node, int fd) throws Refused {
        if (fanotify == null || node.watched || node.barred || !(node.isDirectory() || node.isRegular())) return false;
        long path = call.pathOf(fd);
        long mask = node.isDirectory() ? OF_DIRECTORIES : OF_FILES;
        int flags = node.isDirectory() ? 0 : Fanotify.EVICTABLE;
        long result = fanotify.mark(path, mask, flags);
        try {
            if (result == -Errno.EACCES) result = call.identity.asRoot(() -> fanotify.mark(path, mask, flags));
            if (result < 0) return false;
            Fanotify.FileId id = Fanotify.idOf(fd);
            node.fileId = id;
            watched.put(id, node);
            node.watched = true;
            return true;
        } catch (Errno e) {
            throw new Refused(e.code());
        }
    }

    /** The guest does not know it any more. */
    void forget(Node node, @Nullable SharedFd path) {
        Fanotify.FileId id = node.fileId;
        if (id == null || fanotify == null) return;
        watched.remove(id, node);
        // a file's mark goes with its inode
        if (path == null || !node.isDirectory()) return;
        try (java.lang.foreign.Arena arena = java.lang.foreign.Arena.ofConfined()) {
            fanotify.unmark(arena.allocateFrom(path.fd().path()).address(), OF_DIRECTORIES);
        }
    }

    /** Whether events wait to be looked at. */
    boolean isBehind() throws Errno {
        return fanotify != null
                && !Poll.readable(List.of(fanotify.fd()), Duration.ZERO).isEmpty();
    }

    /** Waits for events, or until woken. False: the session has ended. */
    boolean await() throws Errno {
        List<Fd> fds = new ArrayList<>(List.of(wake.fd()));
        synchronized (this) {
            if (closed) return false;
            waiting++;
            if (fanotify != null) fds.add(fanotify.fd());
        }
        try {
            Poll.readable(fds, LONG);
        } finally {
            synchronized (this) {
                waiting--;
                notifyAll();
                if (!closed) wake.clear();
            }
        }
        return true;
    }

    synchronized void wake() {
        if (!closed) wake.wake();
    }

    /** Looks at everything that has happened until now. The calling thread must be root. */
    synchronized void catchUp() throws Errno {
        if (closed || fanotify == null) return;
        for (List<Fanotify.Event> some = fanotify.read(); !some.isEmpty(); some = fanotify.read())
            some.forEach(this::happened);
    }

    private void happened(Fanotify.Event event) {
        long mask = event.mask();
        if ((mask & Fanotify.OVERFLOW) != 0) {
            LOG.log(Level.INFO, "events were lost: the guest forgets all that it believes of its home");
            nodes.changedAtHome();
            notices.everything();
            return;
        }
        if (own.contains(event.thread())) return;
        Node file = event.file() == null ? null : watched.get(event.file());
        Node directory = event.directory() == null ? null : watched.get(event.directory());
        String name = event.name();
        if (directory != null && name != null) {
            if (name.equals(".")) file = directory;
            else {
                if ((mask & NAMES) != 0) named(mask, directory, name);
                if (file == null) file = found(directory, name);
                if (file != null) notices.name(directory, name);
            }
        }
        if (file == null) return;
        onChange.accept(file);
        if ((mask & CONTENTS) != 0) {
            file.changedAtHome();
            notices.contents(file);
        } else notices.attributes(file);
    }

    /** A name has come or gone. */
    private void named(long mask, Node directory, String name) {
        Node former = nodes.told(directory, name);
        notices.name(directory, name);
        directory.changedAtHome();
        notices.contents(directory);
        Node present = (mask & (Fanotify.CREATE | Fanotify.MOVED_TO)) == 0 ? null : look(directory, name);
        if (former != null && former != present) {
            former.nameTaken();
            onChange.accept(former);
            nodes.unlinked(directory, bytes(name), former);
            notices.attributes(former);
        }
        if (present != null && present != former) nodes.renamed(present, directory, bytes(name));
    }

    private @Nullable Node found(Node directory, String name) {
        Node told = nodes.told(directory, name);
        return told != null ? told : look(directory, name);
    }

    /** The node of the file that has that name now, if the guest knows it. */
    private @Nullable Node look(Node directory, String name) {
        try (SharedFd parent = nodes.open(directory);
                java.lang.foreign.Arena arena = java.lang.foreign.Arena.ofConfined()) {
            long address = arena.allocateFrom(name, StandardCharsets.ISO_8859_1).address();
            return stat.at(parent.value(), address) < 0 ? null : nodes.find(stat);
        } catch (Refused e) {
            return null;
        }
    }

    private static byte[] bytes(String name) {
        return name.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Override
    public synchronized void close() {
        if (closed) return;
        closed = true;
        wake.wake();
        boolean interrupted = false;
        while (waiting > 0) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
        if (fanotify != null) fanotify.close();
        wake.close();
    }
}

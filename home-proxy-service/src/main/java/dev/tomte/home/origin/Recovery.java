package dev.tomte.home.origin;

import dev.tomte.linux.Fd;
import dev.tomte.linux.OpenAt;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an earlier life of this JVM has left of a session. Nodes are found again by name when they are asked for, and
 * only if the file there is the same; open files come from the stub's keeping.
 */
final class Recovery implements Journal.Reader {
    private static final Logger LOG = System.getLogger(Recovery.class.getName());

    private record FoundHandle(long node, boolean directory, boolean appends) {}

    private final Map<Long, Node> nodes = new LinkedHashMap<>();
    private final Map<Long, Long> parents = new HashMap<>();
    private final Map<Long, FoundHandle> handles = new LinkedHashMap<>();
    private final Map<Long, Intent> intents = new LinkedHashMap<>();
    private final Map<Long, Answer> answers = new LinkedHashMap<>();

    private Recovery() {}

    /** Opens a session: with what its journal says, if there is one. */
    static Session open(Session.Key key, long epoch, boolean next, HomePod pod, Path journal, int files, Leases leases)
            throws IOException {
        if (!Files.exists(journal)) return new Session(key, epoch, next, pod, journal, files, leases);
        Recovery found = new Recovery();
        Journal.read(journal, found);
        Session session = new Session(key, epoch, next, pod, journal, files, leases);
        found.restore(session);
        session.compact();
        LOG.log(
                Level.INFO,
                "took up the session of {0} at {1}: {2} files known, {3} open",
                key.process(),
                key.holder(),
                found.nodes.size(),
                found.handles.size());
        return session;
    }

    private void restore(Session session) throws IOException {
        parents.forEach((child, parent) -> {
            Node node = nodes.get(child);
            if (node != null)
                node.parent = parent == session.nodes.root().id ? session.nodes.root() : nodes.get(parent);
        });
        nodes.values().forEach(session.nodes::restore);
        for (Map.Entry<Long, FoundHandle> one : handles.entrySet()) restore(session, one.getKey(), one.getValue());
        session.heldLocks.restore();
        session.locks.restore();
        session.answers.restore(intents, answers);
    }

    private static void restore(Session session, long id, FoundHandle found) throws IOException {
        Node node = session.nodes.peek(found.node());
        if (node == null) return;
        SharedFd fd = found.directory() ? reopened(session.nodes, node) : kept(session.handles.kept(id));
        if (fd != null) session.handles.restore(new Handle(id, node, fd, found.directory(), found.appends()));
        else LOG.log(Level.WARNING, "an open file of {0} is lost", session.key.process());
    }

    private static @Nullable SharedFd kept(List<Fd> kept) {
        return kept.isEmpty() ? null : new SharedFd(kept.getFirst());
    }

    private static @Nullable SharedFd reopened(Nodes nodes, Node node) {
        try (SharedFd path = nodes.open(node)) {
            return new SharedFd(OpenAt.open(path.fd().path(), OpenAt.O_RDONLY | OpenAt.O_DIRECTORY));
        } catch (Refused | IOException e) {
            // it has been removed: who still reads it finds nothing more
            return null;
        }
    }

    @Override
    public void node(long id, long parent, long device, long inode, int type, boolean barred, byte[] name) {
        nodes.put(id, new Node(id, device, inode, type, barred, null, name));
        parents.put(id, parent);
    }

    @Override
    public void forgotten(long node) {
        nodes.remove(node);
        parents.remove(node);
    }

    @Override
    public void handle(long id, long node, boolean directory, boolean appends) {
        handles.put(id, new FoundHandle(node, directory, appends));
    }

    @Override
    public void closed(long handle) {
        handles.remove(handle);
    }

    @Override
    public void intent(long unique, Intent intent) {
        intents.put(unique, intent);
    }

    @Override
    public void answer(long unique, Answer answer) {
        answers.put(unique, answer);
    }

    @Override
    public void acknowledged(long unique) {
        answers.remove(unique);
        intents.remove(unique);
    }
}

package dev.tomte.home.origin;

import dev.tomte.home.frames.Hello;
import dev.tomte.home.frames.Welcome;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The sessions of this host's home pods. Any thread may call. */
final class Sessions {
    private static final Logger LOG = System.getLogger(Sessions.class.getName());

    /** Answer to a hello: a session, if it is welcome. */
    record Opened(Welcome welcome, @Nullable Session session) {}

    private final Homes homes;
    private final Path state;
    private final Map<Session.Key, Session> open = new HashMap<>();
    private boolean closed;

    Sessions(Homes homes, Path state) {
        this.homes = homes;
        this.state = state;
    }

    /** Asks the register, and finds the session or makes it. */
    Opened open(Hello hello, String holder) {
        Optional<HomePod> pod = homes.find(hello.process(), hello.incarnation());
        if (pod.isEmpty()) return new Opened(Welcome.UNKNOWN, null);
        try {
            Admission admission = homes.admit(hello.process(), hello.incarnation(), hello.epoch(), holder);
            return switch (admission) {
                case LATER -> new Opened(Welcome.LATER, null);
                case STALE -> new Opened(Welcome.STALE, null);
                case CURRENT, NEXT -> enter(hello, holder, pod.get(), admission == Admission.NEXT);
            };
        } catch (IOException e) {
            LOG.log(Level.WARNING, "no session for {0} yet: {1}", hello.process(), e.getMessage());
            return new Opened(Welcome.LATER, null);
        }
    }

    private synchronized Opened enter(Hello hello, String holder, HomePod pod, boolean next) throws IOException {
        if (closed) return new Opened(Welcome.LATER, null);
        Session.Key key = new Session.Key(hello.process(), hello.incarnation(), holder, hello.mount());
        Session session = open.get(key);
        if (session != null && session.isClosed()) return new Opened(Welcome.STALE, null);
        if (session == null) {
            Path journal = journal(key);
            Files.createDirectories(journal.getParent());
            session = Recovery.open(key, hello.epoch(), next, pod, journal);
            open.put(key, session);
            supersede(key);
        }
        if (!next) session.current(hello.epoch());
        return new Opened(Welcome.COME_IN, session);
    }

    /** A host that mounts anew for a process has given up its former mount. */
    private void supersede(Session.Key key) {
        endIf(former -> former.process().equals(key.process())
                && former.incarnation().equals(key.incarnation())
                && former.holder().equals(key.holder())
                && !former.mount().equals(key.mount()));
    }

    private Path directory(String process, String incarnation) {
        return state.resolve(process).resolve(incarnation);
    }

    private Path journal(Session.Key key) {
        return directory(key.process(), key.incarnation()).resolve(key.holder() + "-" + key.mount());
    }

    synchronized void decided(String process, String incarnation, long epoch, String holder) {
        for (Session session : List.copyOf(open.values())) {
            Session.Key key = session.key;
            if (!key.process().equals(process) || session.isClosed()) continue;
            boolean wins =
                    key.incarnation().equals(incarnation) && key.holder().equals(holder) && session.epoch() <= epoch;
            if (wins) session.current(epoch);
            else if (session.epoch() <= epoch || !key.incarnation().equals(incarnation)) session.end();
        }
    }

    synchronized void ended(String process, String incarnation) {
        endIf(key -> key.process().equals(process) && key.incarnation().equals(incarnation));
        open.keySet()
                .removeIf(key ->
                        key.process().equals(process) && key.incarnation().equals(incarnation));
    }

    private void endIf(Predicate<Session.Key> condition) {
        for (Session session : List.copyOf(open.values())) {
            if (!condition.test(session.key) || session.isClosed()) continue;
            session.end();
            session.dropConnections();
        }
    }

    /** Leaves all sessions to the next life of this JVM. */
    synchronized void close() {
        closed = true;
        for (Session session : open.values()) {
            session.dropConnections();
            session.leave();
        }
        open.clear();
    }
}

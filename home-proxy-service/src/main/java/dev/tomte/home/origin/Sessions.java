package dev.tomte.home.origin;

import dev.tomte.home.frames.Hello;
import dev.tomte.home.frames.Welcome;
import dev.tomte.linux.Errno;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The sessions of this host's home pods. Any thread may call. */
final class Sessions {
    private static final Logger LOG = System.getLogger(Sessions.class.getName());

    /** Answer to a hello: a session, if it is welcome. */
    record Opened(Welcome welcome, @Nullable Session session) {}

    private final Homes homes;
    private final JournalFiles journals;
    private final Map<Session.Key, Session> open = new HashMap<>();
    /** The last that have ended: a mount that has been given up must not come back and end the one that followed it. */
    private final Set<Session.Key> ended = new LinkedHashSet<>();

    private final int files;
    private final Leases leases;
    private final ExecutorService endings = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("session-endings").factory());
    private boolean closed;

    Sessions(Homes homes, Path state, int files) throws Errno {
        this.homes = homes;
        this.files = files;
        leases = new Leases();
        journals = new JournalFiles(state);
    }

    /** Asks the register, and finds the session or makes it. */
    Opened open(Hello hello, String holder) {
        Optional<HomePod> pod = homes.find(hello.process(), hello.incarnation());
        if (pod.isEmpty()) return new Opened(Welcome.UNKNOWN, null);
        try {
            return enter(hello, holder, pod.get());
        } catch (IOException e) {
            LOG.log(Level.WARNING, "no session for {0} yet: {1}", hello.process(), e.getMessage());
            return new Opened(Welcome.LATER, null);
        }
    }

    /** One at a time, the register's answer included: what it said must not be acted on after a decision. */
    private synchronized Opened enter(Hello hello, String holder, HomePod pod) throws IOException {
        if (closed) return new Opened(Welcome.LATER, null);
        Admission admission = homes.admit(hello.process(), hello.incarnation(), hello.epoch(), holder);
        if (admission == Admission.LATER) return new Opened(Welcome.LATER, null);
        if (admission == Admission.STALE) return new Opened(Welcome.STALE, null);
        boolean next = admission == Admission.NEXT;
        Session.Key key = new Session.Key(hello.process(), hello.incarnation(), holder, hello.mount());
        Session session = open.get(key);
        if (ended.contains(key) || (session != null && session.isClosed())) return new Opened(Welcome.STALE, null);
        if (session == null) {
            session = Recovery.open(key, hello.epoch(), next, pod, journals.of(key), files, leases);
            open.put(key, session);
            supersede(key);
        }
        if (!next) session.current(hello.epoch());
        return new Opened(Welcome.COME_IN, session);
    }

    /** A host that mounts anew for a process has given up its former mount. */
    private void supersede(Session.Key key) {
        Predicate<Session.Key> former = other -> other.holder().equals(key.holder()) && !other.equals(key);
        endAll(key.process(), key.incarnation(), former);
    }

    /** One that its guest has ended need not be kept, only that it has. */
    synchronized void left(Session session) {
        if (session.isClosed() && open.remove(session.key, session)) remember(session.key);
    }

    private boolean end(Session session) {
        if (!session.end()) return false;
        open.remove(session.key);
        remember(session.key);
        return true;
    }

    private void remember(Session.Key key) {
        ended.add(key);
        if (ended.size() > Limits.ENDED) ended.remove(ended.iterator().next());
    }

    synchronized void decided(String process, String incarnation, long epoch, String holder) {
        for (Session session : List.copyOf(open.values())) {
            Session.Key key = session.key;
            if (!key.process().equals(process) || session.isClosed()) continue;
            boolean wins =
                    key.incarnation().equals(incarnation) && key.holder().equals(holder) && session.epoch() <= epoch;
            if (wins) session.current(epoch);
            // a process stands still meanwhile: nobody waits for the tidying up
            else if ((session.epoch() <= epoch || !key.incarnation().equals(incarnation)) && end(session))
                endings.execute(session::letGo);
        }
        forget(process, incarnation, key -> !key.holder().equals(holder));
    }

    synchronized void ended(String process, String incarnation) {
        endAll(process, incarnation, key -> true);
        Predicate<Session.Key> its =
                key -> key.process().equals(process) && key.incarnation().equals(incarnation);
        open.keySet().removeIf(its);
        ended.removeIf(its);
        try {
            journals.remove(process, incarnation);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "journals of {0} are left: {1}", process, e.getMessage());
        }
    }

    private void endAll(String process, String incarnation, Predicate<Session.Key> condition) {
        for (Session session : List.copyOf(open.values())) {
            Session.Key key = session.key;
            boolean concerned =
                    key.process().equals(process) && key.incarnation().equals(incarnation);
            if (!concerned || session.isClosed() || !condition.test(key)) continue;
            if (end(session)) session.letGo();
            session.dropConnections();
        }
        forget(process, incarnation, condition);
    }

    /** Sessions of an earlier life of this JVM that have not come back, and now must not. */
    private void forget(String process, String incarnation, Predicate<Session.Key> condition) {
        try {
            for (Session.Key key : journals.left(process, incarnation)) {
                if (open.containsKey(key) || ended.contains(key) || !condition.test(key)) continue;
                Optional<HomePod> pod = homes.find(process, incarnation);
                if (pod.isPresent()) Session.dropKept(pod.get(), key);
                Files.deleteIfExists(journals.of(key));
            }
        } catch (IOException e) {
            LOG.log(Level.WARNING, "something of a former session of {0} is left: {1}", process, e.getMessage());
        }
    }

    /** Leaves all sessions to the next life of this JVM. */
    synchronized void close() {
        if (closed) return;
        closed = true;
        endings.close();
        for (Session session : open.values()) {
            session.dropConnections();
            session.leave();
        }
        open.clear();
        leases.close();
    }
}

package dev.tomte.home.origin;

import dev.tomte.home.frames.Fuse;
import dev.tomte.home.frames.TlsChannel;
import dev.tomte.linux.Errno;
import dev.tomte.linux.EventFd;
import dev.tomte.linux.Fd;
import dev.tomte.linux.OpenAt;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.ProtocolException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/** What one mount of one guest has at home: its nodes, handles, locks and answers. Connections come and go. */
final class Session {
    private static final Logger LOG = System.getLogger(Session.class.getName());

    /** Identifies a session for good: a mount is made once, for one process, by one host. */
    record Key(String process, String incarnation, String holder, String mount) {}

    final Key key;
    private final HomePod pod;
    private final Journal journal;
    final Nodes nodes;
    final Handles handles;
    final FileLocks locks;
    final HeldLocks heldLocks;
    final LockWaiters lockWaiters = new LockWaiters();
    final Answers answers;
    final Notices notices;
    final Watch watch;
    final Delegations delegations;
    private final Operations operations;

    private final Set<TlsChannel> connections = ConcurrentHashMap.newKeySet();
    /** Held for reading by whoever carries out a request: whoever closes the session waits until none is. */
    private final ReadWriteLock work = new ReentrantReadWriteLock();

    private volatile long epoch;
    private volatile boolean next;
    private volatile boolean closed;

    /** Opens a session without anything in it. */
    Session(Key key, long epoch, boolean next, HomePod pod, Path journalFile, int files, Leases leases)
            throws IOException {
        this.key = key;
        this.epoch = epoch;
        this.next = next;
        this.pod = pod;
        byte[] volumes = HomeMounts.of(pod);
        journal = new Journal(journalFile);
        EventFd wake = new EventFd();
        notices = new Notices(wake::wake);
        try (Fd root = OpenAt.open("/proc/" + pod.stubPid() + "/root", OpenAt.O_PATH | OpenAt.O_DIRECTORY)) {
            nodes = new Nodes(root.dup(), journal, notices, files);
        } catch (Refused e) {
            wake.close();
            journal.close();
            throw new Errno("the home pod's root", e.errno());
        } catch (IOException e) {
            wake.close();
            journal.close();
            throw e;
        }
        watch = new Watch(nodes, notices, wake);
        // it touches files only to close what it has kept for this session
        watch.own(pod.stubPid());
        nodes.onForgotten(watch::forget);
        handles = new Handles(nodes, journal, pod.keeper(), keys(key) + "h/");
        locks = new FileLocks(nodes, handles, pod.keeper(), keys(key) + "l/");
        heldLocks = new HeldLocks(handles, locks, pod.keeper(), keys(key) + "a/");
        delegations = new Delegations(nodes, handles, watch, leases);
        watch.onChange(delegations::recall);
        answers = new Answers(journal);
        operations = new Operations(
                pod, volumes, nodes, handles, locks, heldLocks, lockWaiters, delegations, answers, watch);
        FileMetrics.SERVED.opened();
    }

    /** What the keys of a session's deposits in the home stub begin with. */
    private static String keys(Key key) {
        return "home/" + key.mount() + "/";
    }

    /** Nothing of a session shall stay in the home stub. */
    static void dropKept(HomePod pod, Key key) throws IOException {
        for (String kept : pod.keeper().keys(keys(key))) pod.keeper().drop(kept);
    }

    long epoch() {
        return epoch;
    }

    /** The register has given the holder this epoch. */
    void current(long epoch) {
        this.epoch = epoch;
        next = false;
    }

    boolean isClosed() {
        return closed;
    }

    void attach(TlsChannel connection) {
        connections.add(connection);
        if (closed) connection.close();
    }

    void detach(TlsChannel connection) {
        connections.remove(connection);
    }

    void dropConnections() {
        connections.forEach(TlsChannel::close);
    }

    /**
     * Ends the session: when this returns, nothing that it sent will have an effect any more. Connections stay, and are
     * answered ESTALE.
     *
     * @return whether this has ended it: then {@link #letGo()} is to follow, for which nobody need wait
     */
    boolean end() {
        work.writeLock().lock();
        try {
            if (closed) return false;
            closed = true;
            FileMetrics.SERVED.closed();
            return true;
        } finally {
            work.writeLock().unlock();
        }
    }

    /** Lets go of everything that a session had when it ended: hundreds of descriptors, each of them a system call. */
    void letGo() {
        work.writeLock().lock();
        try {
            delegations.close();
            handles.closeForGood();
            locks.close();
            nodes.close();
            dropKept(pod, key);
            journal.delete();
        } catch (IOException | UncheckedIOException e) {
            LOG.log(Level.WARNING, "a session of {0} left something behind: {1}", key.process(), e.getMessage());
        } finally {
            work.writeLock().unlock();
        }
        lockWaiters.close();
        watch.close();
    }

    /** Lets go of everything without ending the session: another life of this JVM may take it up. */
    void leave() {
        work.writeLock().lock();
        try {
            if (closed) return;
            closed = true;
            FileMetrics.SERVED.closed();
            delegations.close();
            handles.close();
            locks.close();
            nodes.close();
            journal.close();
        } finally {
            work.writeLock().unlock();
        }
        lockWaiters.close();
        watch.close();
    }

    /** Writes the journal anew, without what no longer matters. */
    void compact() throws IOException {
        work.writeLock().lock();
        try {
            if (closed) return;
            journal.rewrite(() -> {
                nodes.writeTo(journal);
                handles.writeTo(journal);
                answers.writeTo(journal);
            });
        } finally {
            work.writeLock().unlock();
        }
    }

    /** What the guest is about to hear of must outlive this JVM. */
    void flushJournal() {
        work.readLock().lock();
        try {
            if (!closed) journal.flush();
        } finally {
            work.readLock().unlock();
        }
    }

    boolean wantsCompacting() {
        return journal.isLarge();
    }

    /** Everything that a connection of this session, old or new, has begun is done when this returns. */
    int fence() {
        work.writeLock().lock();
        try {
            return closed ? 0 : locks.held();
        } finally {
            work.writeLock().unlock();
        }
    }

    /**
     * The guest does not open a delegated file by itself any more.
     *
     * @param all and nobody there has it open by that
     */
    void givenBack(long number, boolean all) {
        // not later: who is being waited for may wait for the lease
        delegations.recalled(number);
        if (!all) return;
        work.readLock().lock();
        try {
            if (closed) return;
            delegations.returned(number);
            journal.flush();
        } finally {
            work.readLock().unlock();
        }
    }

    /** The guest has got the answers to the requests that the frame names. */
    void acknowledge(Request request) throws ProtocolException {
        work.readLock().lock();
        try {
            if (closed) return;
            for (int at = 0; at < request.bodyBytes(); at += 8) answers.acknowledge(request.u64(at));
        } catch (Refused e) {
            throw new ProtocolException("an acknowledgement of odd length");
        } finally {
            work.readLock().unlock();
        }
    }

    /**
     * Carries out a request.
     *
     * @param replyAt where in the reply's memory the reply goes, and before it perhaps a notice
     * @return the bytes of both; 0 if there is none, or it comes later
     */
    int serve(Call call, long replyAt, Connection connection) {
        int noticeBytes = call.request.opcode() == Fuse.OPEN ? news(call, replyAt) : 0;
        int bytes = reply(call, replyAt + noticeBytes, connection);
        List<Long> listed = call.rareAttributes.takeNews();
        if (!listed.isEmpty()) bytes += call.reply.listed(replyAt + noticeBytes, bytes, listed);
        Call.Offered offered = call.offered;
        call.offered = null;
        if (offered != null) bytes += call.reply.delegated(replyAt + noticeBytes + bytes, offered, call.request.uid());
        return noticeBytes + bytes;
    }

    /**
     * Who opens a file sees what others have done to it before: also its size, if the notice of that is still on its way.
     *
     * @return the bytes of the notice that goes before the answer; 0 if there is no news
     */
    private int news(Call call, long at) {
        work.readLock().lock();
        try {
            if (closed) return 0;
            if (watch.isBehind()) {
                call.identity.root();
                watch.catchUp();
            }
            Node node = nodes.peek(call.request.node());
            return node != null && node.isNews() ? call.reply.attributesChanged(at, node.id) : 0;
        } catch (Errno e) {
            LOG.log(Level.WARNING, "changes at home are not known: {0}", e.getMessage());
            return 0;
        } finally {
            work.readLock().unlock();
        }
    }

    private int reply(Call call, long replyAt, Connection connection) {
        Request request = call.request;
        long unique = request.unique();
        call.reply.begin(replyAt);
        work.readLock().lock();
        try {
            if (closed) throw new Refused(Errno.ESTALE);
            if (Operations.mustBeRemembered(request.opcode())) {
                Answer answer = answers.claim(unique);
                if (answer == null) answer = carryOut(call, connection);
                else if (answer.errno() == 0) {
                    call.rareAttributes.every();
                    call.reply.bytes(answer.payload());
                }
                return finish(call, answer.errno());
            }
            return operations.carryOut(call, next, connection) ? finish(call, 0) : 0;
        } catch (Refused e) {
            return Operations.isSilent(request.opcode()) ? 0 : finish(call, e.errno());
        } catch (Errno e) {
            return Operations.isSilent(request.opcode()) ? 0 : finish(call, e.code());
        } finally {
            work.readLock().unlock();
        }
    }

    private static int finish(Call call, int errno) {
        FileMetrics.SERVED.answered(call.request.opcode(), errno);
        return call.reply.finish(call.request.unique(), errno);
    }

    private Answer carryOut(Call call, Connection connection) {
        @Nullable Answer answer = null;
        try {
            operations.carryOut(call, next, connection);
            answer = Answer.of(0, call.reply.payload());
        } catch (Refused e) {
            answer = Answer.refusal(e.errno());
        } catch (Errno e) {
            answer = Answer.refusal(e.code());
        } finally {
            if (answer == null) answer = Answer.refusal(Errno.EIO);
            answers.finish(call.request.unique(), answer);
        }
        return answer;
    }
}

package dev.tomte.home.origin;

import dev.tomte.home.frames.Delegated;
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
    private final Attributes attributes;
    private final Names names;
    private final OpenFiles openFiles;
    private final Directories directories;
    private final ExtendedAttributes extendedAttributes;
    private final InodeFlags inodeFlags;

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
        attributes = new Attributes(nodes, handles, watch);
        names = new Names(nodes, attributes, answers, watch);
        openFiles = new OpenFiles(nodes, handles, attributes, answers, watch, locks, delegations);
        directories = new Directories(nodes, handles, attributes, names, watch);
        extendedAttributes = new ExtendedAttributes(nodes, volumes);
        inodeFlags = new InodeFlags(handles);
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
        Call.Delegated delegated = call.delegated;
        call.delegated = null;
        if (delegated != null)
            bytes += call.reply.delegated(replyAt + noticeBytes + bytes, delegated, call.request.uid());
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
            if (remembered(request.opcode())) {
                Answer answer = answers.claim(unique);
                if (answer == null) answer = carryOut(call, connection);
                else if (answer.errno() == 0) {
                    call.rareAttributes.every();
                    call.reply.bytes(answer.payload());
                }
                return finish(call, answer.errno());
            }
            return dispatch(call, connection) ? finish(call, 0) : 0;
        } catch (Refused e) {
            return silent(request.opcode()) ? 0 : finish(call, e.errno());
        } catch (Errno e) {
            return silent(request.opcode()) ? 0 : finish(call, e.code());
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
            dispatch(call, connection);
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

    private static boolean silent(int opcode) {
        return opcode == Fuse.FORGET || opcode == Fuse.BATCH_FORGET || opcode == Fuse.INTERRUPT;
    }

    /** Requests that would do something else the second time, or count twice. */
    private static boolean remembered(int opcode) {
        return switch (opcode) {
            case Fuse.LOOKUP,
                    Fuse.SYMLINK,
                    Fuse.MKNOD,
                    Fuse.MKDIR,
                    Fuse.UNLINK,
                    Fuse.RMDIR,
                    Fuse.RENAME,
                    Fuse.RENAME2,
                    Fuse.LINK,
                    Fuse.OPEN,
                    Fuse.OPENDIR,
                    Fuse.CREATE,
                    Fuse.TMPFILE,
                    Fuse.WRITE,
                    Fuse.RELEASE,
                    Fuse.RELEASEDIR,
                    Fuse.SETXATTR,
                    Fuse.REMOVEXATTR,
                    Fuse.COPY_FILE_RANGE -> true;
            default -> false;
        };
    }

    /** As whom a request touches files: what goes through a handle is the process's, whoever's thread carries it. */
    private void identify(Call call) throws Refused, Errno {
        int uid = call.request.uid();
        switch (call.request.opcode()) {
            // they touch no file, and speak to the stub
            case Fuse.RELEASE, Fuse.RELEASEDIR, Fuse.FLUSH -> call.identity.root();
            case Fuse.READ, Fuse.WRITE, Fuse.FSYNC, Fuse.FSYNCDIR, Fuse.IOCTL ->
                call.identity.user(pod.uid(), pod.gid(), pod.groups());
            default -> {
                if (uid == 0 && next) call.identity.root();
                else if (uid == pod.uid() || uid == 0) call.identity.user(pod.uid(), pod.gid(), pod.groups());
                else throw new Refused(Errno.EACCES);
            }
        }
    }

    /** @return whether the reply is complete; false: there is none, or it comes later */
    private boolean dispatch(Call call, Connection connection) throws Refused, Errno {
        Request request = call.request;
        switch (request.opcode()) {
            case Fuse.FORGET -> forget(request.node(), request.u64(0));
            case Fuse.BATCH_FORGET -> {
                int count = request.size(0, (request.bodyBytes() - 8) / 16);
                for (int i = 0; i < count; i++) forget(request.u64(8 + 16 * i), request.u64(16 + 16 * i));
            }
            case Fuse.INTERRUPT -> lockWaiters.interrupt(request.u64(0));
            case Fuse.INIT -> Init.answer(call, watch.works());
            case Fuse.DESTROY -> {}
            default -> {
                Node node = nodes.get(request.node());
                if (concernsLocks(request)) handles.separate(call, request.u64(0), node);
                identify(call);
                return dispatch(call, node, connection);
            }
        }
        return !silent(request.opcode());
    }

    private void forget(long node, long lookups) {
        nodes.forget(node, lookups);
        delegations.forgotten(node);
    }

    private static boolean concernsLocks(Request request) throws Refused {
        return switch (request.opcode()) {
            case Fuse.GETLK, Fuse.SETLK, Fuse.SETLKW -> true;
            case Fuse.IOCTL -> HeldLocks.concerns(request);
            default -> false;
        };
    }

    private boolean dispatch(Call call, Node node, Connection connection) throws Refused, Errno {
        Request request = call.request;
        switch (request.opcode()) {
            case Fuse.LOOKUP -> names.lookup(call, node);
            case Fuse.GETATTR -> attributes.get(call, node);
            case Fuse.STATX -> attributes.statx(call, node);
            case Fuse.SETATTR -> attributes.set(call, node);
            case Fuse.READLINK -> names.readlink(call, node);
            case Fuse.SYMLINK -> names.symlink(call, node);
            case Fuse.MKNOD -> names.mknod(call, node);
            case Fuse.MKDIR -> names.mkdir(call, node);
            case Fuse.UNLINK -> names.remove(call, node, false);
            case Fuse.RMDIR -> names.remove(call, node, true);
            case Fuse.RENAME -> names.rename(call, node, 8, 0);
            case Fuse.RENAME2 -> names.rename(call, node, 16, request.u32(8));
            case Fuse.LINK -> names.link(call, node);
            case Fuse.OPEN -> openFiles.open(call, node, call.opensDelegated && !next);
            case Fuse.READ -> openFiles.read(call, node);
            case Fuse.WRITE -> openFiles.write(call, node);
            case Fuse.STATFS -> attributes.statfs(call, node);
            case Fuse.RELEASE -> {
                Handle handle = handles.get(request.u64(0), node, false);
                // of an open by a delegation nothing is left but what others have too
                if (!Delegated.is(handle.id)) {
                    locks.released(handle);
                    heldLocks.released(handle);
                    handles.close(handle);
                }
            }
            case Fuse.RELEASEDIR -> handles.close(handles.get(request.u64(0), node, true));
            case Fuse.FSYNC -> openFiles.fsync(call, node, false);
            case Fuse.FSYNCDIR -> openFiles.fsync(call, node, true);
            case Fuse.SETXATTR -> extendedAttributes.set(call, node);
            case Fuse.GETXATTR -> extendedAttributes.get(call, node);
            case Fuse.LISTXATTR -> extendedAttributes.list(call, node);
            case Fuse.REMOVEXATTR -> extendedAttributes.remove(call, node, pod.uid());
            case Fuse.FLUSH -> {
                openFiles.flushed(call, node);
                locks.release(node, request.u64(16), !next);
            }
            case Fuse.OPENDIR -> directories.open(call, node);
            case Fuse.READDIR -> directories.read(call, node, false);
            case Fuse.READDIRPLUS -> directories.read(call, node, true);
            case Fuse.GETLK -> locks.query(call, node);
            case Fuse.SETLK, Fuse.SETLKW -> {
                FileLocks.Attempt attempt = locks.attempt(call, node, request.opcode() == Fuse.SETLKW);
                long result = attempt.run();
                if (result == FileLocks.BUSY) {
                    lockWaiters.add(request.unique(), attempt, connection);
                    return false;
                }
                Refused.check(result);
            }
            case Fuse.ACCESS -> attributes.access(call, node);
            case Fuse.CREATE -> openFiles.create(call, node);
            case Fuse.FALLOCATE -> openFiles.fallocate(call, node);
            case Fuse.LSEEK -> openFiles.seek(call, node);
            case Fuse.COPY_FILE_RANGE -> openFiles.copyRange(call, node);
            case Fuse.TMPFILE -> openFiles.temporary(call, node);
            case Fuse.IOCTL -> {
                if (HeldLocks.concerns(request)) heldLocks.ioctl(call, node, next);
                else inodeFlags.ioctl(call, node);
            }
            default -> throw new Refused(Errno.ENOSYS);
        }
        return true;
    }
}

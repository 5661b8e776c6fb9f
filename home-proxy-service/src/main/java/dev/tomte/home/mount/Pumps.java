package dev.tomte.home.mount;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.tomte.home.frames.Fuse;
import dev.tomte.home.frames.TlsChannel;
import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.FileCalls;
import dev.tomte.linux.Syscall;
import dev.tomte.linux.Waker;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Carries requests from the kernel to home and answers back, over one link after another. Between links nothing is read:
 * requests wait in the kernel, where their callers can be killed.
 */
final class Pumps {
    private static final Logger LOG = System.getLogger(Pumps.class.getName());
    private static final int ACKNOWLEDGE_AFTER = 32;
    private static final int MAX_NOTICE = 512;
    /** The number of what is sent first; fences count up from {@link Fuse#OWN}. */
    private static final long ANNOUNCEMENT = Fuse.OWN;
    /** Of what is sent then. */
    private static final long OFFER = Fuse.OWN | Fuse.OWN >>> 1;

    private final FuseDevice device;
    private final Waker waker;
    /** Requests that home has and has not answered: the thread that waits, by number. */
    private final Map<Long, Integer> inFlight = new ConcurrentHashMap<>();
    /** Those of them that wait for a lock: as long as somebody has it. */
    private final Set<Long> lockWaits = ConcurrentHashMap.newKeySet();

    private final Map<Long, CompletableFuture<Integer>> fences = new ConcurrentHashMap<>();
    private final AtomicLong nextFence = new AtomicLong(Fuse.OWN);
    private final RareAttributes rareAttributes;
    private final Delegations delegations;
    /** Frames without an answer that were read while there was no link. */
    private final List<ByteBuffer> owed = new ArrayList<>();

    private final List<Long> arrived = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final Runnable onBreak;
    private @Nullable Link link;
    private @Nullable SignsOfLife signsOfLife;
    private int parked;
    private boolean settled;
    private boolean closed;

    /**
     * Carries nothing yet.
     *
     * @param fresh whether the kernel has asked nothing on this connection before
     * @param onBreak called once for each link that ends, by any thread
     */
    Pumps(FuseDevice device, boolean fresh, Runnable onBreak) throws Errno {
        this.device = device;
        rareAttributes = new RareAttributes(fresh);
        delegations = new Delegations(!fresh, this::tell);
        this.onBreak = onBreak;
        waker = new Waker();
    }

    /** Starts the readers, which wait for a link. */
    synchronized void start() {
        for (int i = 0; i < device.devices().size(); i++) {
            int index = i;
            start("home-requests-" + i, () -> readRequests(index));
        }
    }

    private synchronized void start(String name, Runnable body) {
        threads.removeIf(thread -> !thread.isAlive());
        Thread thread = Thread.ofPlatform().daemon().name(name).unstarted(body);
        threads.add(thread);
        thread.start();
    }

    synchronized boolean isLinked() {
        return link != null;
    }

    /** Whether nobody uses the former link any more. */
    synchronized boolean isSettled() {
        return settled;
    }

    // ---- links

    /** From now on requests go there. The former link must have been {@link #settle}d. */
    synchronized void use(Link fresh) throws IOException {
        for (TlsChannel channel : fresh.data()) {
            channel.write(Link.frame(Fuse.ANSWERS_FOR_RARE_ATTRIBUTES, ANNOUNCEMENT, 0)
                    .flip());
            channel.write(Link.frame(Fuse.OPENS_DELEGATED, OFFER, 0).flip());
        }
        for (ByteBuffer frame : owed) fresh.data().getFirst().write(frame);
        owed.clear();
        waker.clear();
        settled = false;
        link = fresh;
        SignsOfLife signs = new SignsOfLife(fresh.control(), delegations);
        signsOfLife = signs;
        for (int i = 0; i < fresh.data().size(); i++) {
            int index = i;
            start("home-answers-" + i, () -> readAnswers(fresh, index));
        }
        start("home-signs-of-life", () -> ask(signs));
        start("home-recalls", () -> hear(fresh, signs));
        start("home-notices", () -> readNotices(fresh));
        notifyAll();
    }

    private static void ask(SignsOfLife signs) {
        try {
            signs.ask();
        } catch (InterruptedException e) {
            // the mount is being closed
        }
    }

    private void hear(Link from, SignsOfLife signs) {
        try {
            signs.hear();
        } catch (IOException e) {
            broken(from, e);
        }
    }

    private void tell(int code, long delegation) {
        SignsOfLife now;
        synchronized (this) {
            now = signsOfLife;
        }
        if (now != null) now.tell(code, delegation);
    }

    private void broken(Link which, Exception why) {
        synchronized (this) {
            if (link != which) return;
            link = null;
            signsOfLife = null;
            delegations.unlinked();
            which.close();
            waker.wake();
            notifyAll();
        }
        LOG.log(Level.INFO, "the link home broke: {0}", why.getMessage());
        fences.values().forEach(fence -> fence.completeExceptionally(new IOException("the link home broke")));
        fences.clear();
        onBreak.run();
    }

    /** Waits until nobody uses the former link, and gives the kernel its requests back. */
    void settle() throws Errno {
        List<Thread> users;
        synchronized (this) {
            boolean interrupted = false;
            while (!closed && parked < device.devices().size()) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) Thread.currentThread().interrupt();
            users = threads.stream()
                    .filter(thread -> thread.getName().startsWith("home-answers"))
                    .toList();
        }
        for (Thread user : users) join(user);
        synchronized (this) {
            settled = true;
            sweep();
        }
    }

    /**
     * While there is no link: callers that have been killed get their answer, so that they can end; everything else goes
     * back to the kernel, which sends it again.
     */
    synchronized void sweep() throws Errno {
        if (closed || link != null) return;
        Fd first = device.devices().getFirst();
        inFlight.clear();
        lockWaits.clear();
        device.resend();
        if (!waker.isReady(first)) return;
        boolean any = false;
        ByteBuffer buffer = ByteBuffer.allocateDirect(Fuse.MAX_REQUEST);
        MemorySegment frame = MemorySegment.ofBuffer(buffer);
        while (true) {
            long bytes = FileCalls.read(first.value(), frame.address(), frame.byteSize());
            if (bytes == -Errno.EINTR || bytes == -Errno.ENOENT) continue;
            if (bytes < Fuse.IN_HEADER) break;
            int opcode = frame.get(JAVA_INT_UNALIGNED, 4);
            boolean dying = Callers.isDying(frame.get(JAVA_INT_UNALIGNED, 32));
            if (opcode == Fuse.FORGET || opcode == Fuse.BATCH_FORGET || (opcode == Fuse.FLUSH && dying))
                owed.add(copy(buffer.clear().limit((int) bytes)));
            if (opcode == Fuse.INTERRUPT || opcode == Fuse.FORGET || opcode == Fuse.BATCH_FORGET) continue;
            if (dying)
                FuseDevice.answer(first, frame.get(JAVA_LONG_UNALIGNED, 8), opcode == Fuse.FLUSH ? 0 : Errno.EINTR);
            else any = true;
        }
        if (any) device.resend();
    }

    private static ByteBuffer copy(ByteBuffer from) {
        return ByteBuffer.allocateDirect(from.remaining()).put(from).flip();
    }

    // ---- the kernel to home

    private void readRequests(int index) {
        Fd from = device.devices().get(index);
        ByteBuffer buffer = ByteBuffer.allocateDirect(Fuse.MAX_REQUEST);
        MemorySegment frame = MemorySegment.ofBuffer(buffer);
        while (true) {
            Link to = awaitLink();
            if (to == null) return;
            try {
                while (forward(from, frame, buffer, to.data().get(index))) {
                    // one after the other
                }
                waker.await(from);
            } catch (Errno e) {
                LOG.log(Level.DEBUG, "no more requests: {0}", e.getMessage());
                return;
            } catch (IOException e) {
                broken(to, e);
            }
        }
    }

    private synchronized @Nullable Link awaitLink() {
        if (link == null) {
            parked++;
            notifyAll();
            while (link == null && !closed) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    closed = true;
                }
            }
            parked--;
        }
        return closed ? null : link;
    }

    /** @return false if there was nothing to forward */
    private boolean forward(Fd from, MemorySegment frame, ByteBuffer buffer, TlsChannel to) throws IOException {
        long bytes = FileCalls.read(from.value(), frame.address(), frame.byteSize());
        if (bytes == -Errno.EAGAIN) return false;
        // ENOENT: the caller was killed meanwhile
        if (bytes == -Errno.EINTR || bytes == -Errno.ENOENT) return true;
        Syscall.check("read of /dev/fuse", bytes);
        long number = frame.get(JAVA_LONG_UNALIGNED, 8);
        if (rareAttributes.isOfNone(frame, bytes)) {
            FuseDevice.answer(from, number, Errno.ENODATA);
            return true;
        }
        if (delegations.answer(from, frame)) return true;
        int opcode = frame.get(JAVA_INT_UNALIGNED, 4);
        switch (opcode) {
            case Fuse.FORGET, Fuse.BATCH_FORGET, Fuse.INTERRUPT -> {}
            default -> {
                if (opcode == Fuse.SETLKW) lockWaits.add(number);
                inFlight.put(number, frame.get(JAVA_INT_UNALIGNED, 32));
            }
        }
        acknowledge(to);
        to.write(buffer.clear().limit((int) bytes));
        return true;
    }

    /** Tells home now and then which answers have arrived, so that it may forget them. */
    private void acknowledge(TlsChannel to) throws IOException {
        List<Long> told;
        synchronized (arrived) {
            if (arrived.size() < ACKNOWLEDGE_AFTER) return;
            told = List.copyOf(arrived);
            arrived.clear();
        }
        for (int at = 0; at < told.size(); at += 1024) {
            List<Long> some = told.subList(at, Math.min(told.size(), at + 1024));
            ByteBuffer frame = Link.frame(Fuse.ACKNOWLEDGE, Fuse.OWN, 8 * some.size());
            some.forEach(frame::putLong);
            to.write(frame.flip());
        }
    }

    // ---- home to the kernel

    private void readAnswers(Link from, int index) {
        try (Arena arena = Arena.ofConfined()) {
            readAnswers(from, index, arena.allocate(Fuse.MAX_REPLY + (256 << 10), 8));
        }
    }

    private void readAnswers(Link from, int index, MemorySegment frames) {
        Fd to = device.devices().get(index);
        TlsChannel channel = from.data().get(index);
        ByteBuffer buffer = frames.asByteBuffer();
        int next = 0;
        int end = 0;
        try {
            while (true) {
                while (end - next >= Fuse.OUT_HEADER) {
                    int bytes = frames.get(JAVA_INT_UNALIGNED, next);
                    if (bytes < Fuse.OUT_HEADER || bytes > Fuse.MAX_REPLY)
                        throw new ProtocolException("an answer of " + bytes + " bytes");
                    if (end - next < bytes) break;
                    answer(to, frames.asSlice(next, bytes));
                    next += bytes;
                }
                if (next == end) next = end = 0;
                else if (buffer.capacity() - next < Fuse.MAX_REPLY) {
                    buffer.limit(end).position(next);
                    buffer.compact();
                    end -= next;
                    next = 0;
                }
                buffer.limit(buffer.capacity()).position(end);
                int bytes = channel.read(buffer);
                if (bytes < 0) throw new IOException("home closed the connection");
                end += bytes;
            }
        } catch (IOException e) {
            broken(from, e);
        }
    }

    private void answer(Fd to, MemorySegment frame) throws ProtocolException {
        long number = frame.get(JAVA_LONG_UNALIGNED, 8);
        if (number == ANNOUNCEMENT) {
            // one that does not know what was announced has refused it
            if (frame.get(JAVA_INT_UNALIGNED, 4) == 0) rareAttributes.areTold();
            else rareAttributes.areNotTold();
            return;
        }
        if (number == OFFER) {
            if (frame.get(JAVA_INT_UNALIGNED, 4) == 0) delegations.linked();
            return;
        }
        if ((number & Fuse.OWN) != 0 && (number & Fuse.RESENT) == 0) {
            CompletableFuture<Integer> fence = fences.remove(number);
            if (fence != null && frame.byteSize() >= Fuse.OUT_HEADER + 4)
                fence.complete(frame.get(JAVA_INT_UNALIGNED, Fuse.OUT_HEADER));
            return;
        }
        if (number == 0 && frame.get(JAVA_INT_UNALIGNED, 4) == Fuse.LISTED) {
            rareAttributes.take(frame);
            return;
        }
        if (number == 0 && frame.get(JAVA_INT_UNALIGNED, 4) == Fuse.DELEGATED) {
            delegations.take(frame);
            return;
        }
        if (number == 0) {
            // any other may wait for a page that only an answer unlocks: a deadlock
            if (!isOfAttributes(frame)) throw new ProtocolException("a notice among the answers");
            FileCalls.write(to.value(), frame.address(), frame.byteSize());
            return;
        }
        lockWaits.remove(number);
        if (inFlight.remove(number) == null) return;
        long written = FileCalls.write(to.value(), frame.address(), frame.byteSize());
        if (written == -Errno.EINVAL)
            LOG.log(Level.WARNING, "the kernel did not take an answer of {0} bytes", frame.byteSize());
        if (written == -Errno.EINVAL) FuseDevice.answer(to, number, Errno.EIO);
        synchronized (arrived) {
            arrived.add(number);
        }
    }

    private static boolean isOfAttributes(MemorySegment frame) {
        return frame.get(JAVA_INT_UNALIGNED, 4) == Fuse.NOTIFY_INVAL_INODE
                && frame.byteSize() == Fuse.OUT_HEADER + 24
                && frame.get(JAVA_LONG_UNALIGNED, Fuse.OUT_HEADER + 8L) == Fuse.ATTRIBUTES_ONLY;
    }

    /** What has changed at home goes to the kernel, which may let this wait for answers. */
    private void readNotices(Link from) {
        Fd to = device.devices().getFirst();
        ByteBuffer buffer = ByteBuffer.allocateDirect(MAX_NOTICE).order(ByteOrder.LITTLE_ENDIAN);
        MemorySegment frame = MemorySegment.ofBuffer(buffer);
        try {
            while (true) {
                buffer.clear().limit(Fuse.OUT_HEADER);
                from.notices().readFully(buffer);
                int bytes = buffer.getInt(0);
                int code = buffer.getInt(4);
                boolean known =
                        code == Fuse.NOTIFY_INVAL_ENTRY || code == Fuse.NOTIFY_INVAL_INODE || code == Fuse.NOTIFY_PRUNE;
                if (bytes < Fuse.OUT_HEADER || bytes > MAX_NOTICE || !known || buffer.getLong(8) != 0)
                    throw new ProtocolException("an odd notice");
                from.notices().readFully(buffer.limit(bytes));
                // an error says that the kernel does not know the file any more
                FileCalls.write(to.value(), frame.address(), bytes);
            }
        } catch (IOException e) {
            broken(from, e);
        }
    }

    // ---- fences and the end

    /** The requests that home has not answered, though nobody else keeps it from doing so. */
    Set<Long> unanswered() {
        Set<Long> unanswered = new HashSet<>(inFlight.keySet());
        unanswered.removeAll(lockWaits);
        return unanswered;
    }

    /** Whether a request is still unanswered. */
    boolean isUnanswered(long number) {
        return inFlight.containsKey(number);
    }

    /**
     * Sends a fence on each connection.
     *
     * @return what will be home's answers
     * @throws IOException if there is no link now
     */
    List<CompletableFuture<Integer>> fence() throws IOException {
        Link now;
        synchronized (this) {
            if (link == null) throw new IOException("home cannot be reached");
            now = link;
        }
        List<CompletableFuture<Integer>> answers = new ArrayList<>();
        for (TlsChannel channel : now.data()) {
            long number = nextFence.incrementAndGet();
            CompletableFuture<Integer> answer = new CompletableFuture<>();
            fences.put(number, answer);
            answers.add(answer);
            channel.write(Link.frame(Fuse.FENCE, number, 0).flip());
        }
        synchronized (this) {
            if (link != now) throw new IOException("the link home broke");
        }
        return answers;
    }

    /** Ends all threads; the connection to the kernel must have been aborted. */
    void close() {
        List<Thread> all;
        synchronized (this) {
            closed = true;
            if (link != null) {
                try {
                    link.data()
                            .getFirst()
                            .write(Link.frame(Fuse.BYE, Fuse.OWN, 0).flip());
                } catch (IOException e) {
                    LOG.log(Level.DEBUG, "home was not told of the mount''s end: {0}", e.getMessage());
                }
                link.close();
                link = null;
            }
            waker.wake();
            all = List.copyOf(threads);
            notifyAll();
        }
        for (Thread thread : all) {
            if (thread.getName().startsWith("home-signs")) thread.interrupt();
            join(thread);
        }
        waker.close();
    }

    private static void join(Thread thread) {
        if (thread == Thread.currentThread()) return;
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
    }
}

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
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Carries requests from the kernel to home and answers back, over one link after another. Between links nothing is read:
 * requests wait in the kernel, where their callers can be killed.
 */
final class Pumps {
    private static final Logger LOG = System.getLogger(Pumps.class.getName());
    /** The number of what is sent first; fences count up from it. */
    static final long ANNOUNCEMENT = Fuse.OWN;
    /** Of what is sent then. */
    static final long OFFER = Fuse.OWN | Fuse.OWN >>> 1;

    private final FuseDevice device;
    private final Waker waker;
    private final InFlight inFlight = new InFlight();
    private final Fences fences = new Fences();
    private final RareAttributes rareAttributes;
    private final Delegations delegations;
    private final FromHome fromHome;
    /** Frames without an answer that were read while there was no link. */
    private final List<ByteBuffer> owed = new ArrayList<>();

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
        fromHome = new FromHome(device, inFlight, fences, rareAttributes, delegations);
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
            TlsChannel channel = fresh.data().get(i);
            Fd to = device.devices().get(i);
            start("home-answers-" + i, fresh, () -> fromHome.passAnswers(channel, to));
        }
        start("home-signs-of-life", fresh, signs::ask);
        start("home-recalls", fresh, signs::hear);
        start("home-notices", fresh, () -> fromHome.passNotices(fresh.notices()));
        notifyAll();
    }

    /** Something that goes on as long as the link does. */
    private interface Use {
        void run() throws IOException, InterruptedException;
    }

    private void start(String name, Link used, Use use) {
        start(name, () -> {
            try {
                use.run();
            } catch (IOException e) {
                broken(used, e);
            } catch (InterruptedException e) {
                // the mount is being closed
            }
        });
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
        fences.broken();
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
        inFlight.sent(number, frame.get(JAVA_INT_UNALIGNED, 4));
        for (ByteBuffer acknowledgement : inFlight.acknowledgements()) to.write(acknowledgement);
        to.write(buffer.clear().limit((int) bytes));
        return true;
    }

    // ---- fences and the end

    /** Requests that home has and has not answered. */
    InFlight inFlight() {
        return inFlight;
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
        List<CompletableFuture<Integer>> answers = fences.ask(now.data());
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

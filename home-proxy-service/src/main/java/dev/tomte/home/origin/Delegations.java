package dev.tomte.home.origin;

import dev.tomte.home.frames.Delegated;
import dev.tomte.linux.Errno;
import dev.tomte.linux.FileCalls;
import dev.tomte.linux.OpenAt;
import io.prometheus.client.Counter;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The files that a session's guest may open for reading without asking. Each has a lease: who wants to write to it at home
 * waits until the guest has given it back, or must have noticed that home is not heard of any more. What does not end
 * leases, a new mode or name, recalls it too, and nobody waits. Any thread may call.
 */
final class Delegations {
    private static final Logger LOG = System.getLogger(Delegations.class.getName());
    private static final Counter RECALLS = Counter.build(
                    "tomte_home_recalls_total", "Files that guests were told not to open by themselves any more.")
            .register();

    /** A file that was wanted at home is not delegated again for so long. */
    private static final long REST_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** Nothing is delegated for so long to a guest that has let somebody at home wait to the end. */
    private static final long DISTRUST_NANOS = TimeUnit.MINUTES.toNanos(1);

    /** Clocks of two machines do not go alike; a tenth is a thousand times more than they may differ. */
    private static final long TERM_NANOS = Delegated.TERM.toNanos() * 11 / 10;

    private final Nodes nodes;
    private final Handles handles;
    private final Watch watch;
    private final Leases leases;
    private final Map<Long, Delegation> byNumber = new HashMap<>();
    private final Map<Long, Delegation> byNode = new HashMap<>();
    private @Nullable ControlConnection control;
    private long heardNanos = System.nanoTime();
    /** When the guest last let somebody wait to the end; 0: never. */
    private long letWaitNanos;

    private boolean closed;

    Delegations(Nodes nodes, Handles handles, Watch watch, Leases leases) {
        this.nodes = nodes;
        this.handles = handles;
        this.watch = watch;
        this.leases = leases;
    }

    /** Where the guest is told of recalls, from now on. */
    synchronized void through(ControlConnection connection) {
        control = connection;
        heardNanos = System.nanoTime();
    }

    /** The guest has asked for a sign of life, and is about to get it. */
    synchronized void heard() {
        heardNanos = System.nanoTime();
    }

    /**
     * Delegates a file that the guest has opened for reading more than once. The thread must be root.
     *
     * @param opened the open file
     * @return the delegation's open file; null: the guest goes on asking
     */
    @Nullable
    Handle offer(Call call, Node node, SharedFd opened) throws Refused, Errno {
        if (!node.watched || !node.isOpenedAgain(REST_NANOS) || !hasRoomFor(node)) return null;
        long number = handles.nextDelegated();
        long path = call.pathOf(opened.value());
        Leases.Lease lease = leases.take(path, () -> recall(number));
        if (lease == null) {
            node.recalled();
            return null;
        }
        boolean kept = false;
        try {
            // whatever others did before there was a lease has been told by now
            watch.catchUp();
            if (node.isNews()) return null;
            long fd = Refused.check(OpenAt.raw(FileCalls.AT_FDCWD, path, OpenAt.O_RDONLY | OpenAt.O_NONBLOCK, 0));
            Handle shared = handles.delegated(call, node, (int) fd, number);
            kept = add(new Delegation(shared, lease));
            if (!kept) handles.close(shared);
            return kept ? shared : null;
        } finally {
            if (!kept) lease.close();
        }
    }

    private synchronized boolean hasRoomFor(Node node) {
        boolean isTrusted = letWaitNanos == 0 || System.nanoTime() - letWaitNanos > DISTRUST_NANOS;
        return !closed && isTrusted && control != null && !byNode.containsKey(node.id) && byNumber.size() < most();
    }

    /** How many there may be now. */
    static int most() {
        return Limits.delegations(Nodes.sessions());
    }

    /** Not of one that somebody has wanted already: nobody would be told again. */
    private synchronized boolean add(Delegation delegation) {
        if (!hasRoomFor(delegation.handle.node) || delegation.lease.isWanted()) return false;
        byNumber.put(delegation.handle.id, delegation);
        byNode.put(delegation.handle.node.id, delegation);
        return true;
    }

    /** The guest must not open the file by itself any more, as its mode or name has changed. */
    void recall(Node node) {
        Delegation delegation;
        synchronized (this) {
            delegation = byNode.get(node.id);
        }
        if (delegation != null) recall(delegation.handle.id);
    }

    private void recall(long number) {
        ControlConnection to;
        Delegation delegation;
        synchronized (this) {
            delegation = byNumber.get(number);
            // one that is not there yet is not going to be
            if (delegation == null || delegation.recalled) return;
            delegation.recalled = true;
            delegation.handle.node.recalled();
            to = control;
        }
        RECALLS.inc();
        if (to != null) to.recall(number);
        CompletableFuture.delayedExecutor(untilOutwaited(), TimeUnit.NANOSECONDS)
                .execute(() -> outwaited(delegation));
    }

    /** Who has let one wait would let wait for each of the others. */
    private void outwaited(Delegation late) {
        if (!late.close()) return;
        LOG.log(Level.INFO, "a guest has not given a file back in time, and is to give back all");
        List<Long> others;
        synchronized (this) {
            letWaitNanos = System.nanoTime();
            others = List.copyOf(byNumber.keySet());
        }
        others.forEach(this::recall);
    }

    /** What the guest hears after a recall it hears with it; so long what it has heard before may be good for. */
    private synchronized long untilOutwaited() {
        return Math.max(0, heardNanos + TERM_NANOS - System.nanoTime());
    }

    /** The guest does not open the file by itself any more. */
    void recalled(long number) {
        Delegation delegation;
        synchronized (this) {
            delegation = byNumber.get(number);
            if (delegation == null) return;
            byNode.remove(delegation.handle.node.id, delegation);
        }
        delegation.close();
    }

    /** The same, and nobody there has it open by the delegation. */
    void returned(long number) {
        recalled(number);
        Delegation delegation;
        synchronized (this) {
            delegation = byNumber.remove(number);
        }
        Handle handle = delegation != null ? delegation.handle : handles.peek(number);
        // also one that an earlier life of this JVM has given
        if (handle != null && Delegated.is(handle.id)) handles.close(handle);
    }

    /** The guest's kernel does not know the file any more, so that nobody has it open. */
    void forgotten(long node) {
        for (Handle handle : nodes.openThoughForgotten(node)) if (Delegated.is(handle.id)) returned(handle.id);
    }

    /** The session has ended. */
    void close() {
        List<Delegation> all;
        synchronized (this) {
            closed = true;
            all = List.copyOf(byNumber.values());
            byNumber.clear();
            byNode.clear();
        }
        all.forEach(Delegation::close);
    }

    /** One file's. */
    private static final class Delegation {
        final Handle handle;
        private final Leases.Lease lease;
        /** Guarded by the delegations. */
        boolean recalled;

        private boolean ended;

        Delegation(Handle handle, Leases.Lease lease) {
            this.handle = handle;
            this.lease = lease;
        }

        /** @return whether this has let go of the lease */
        synchronized boolean close() {
            if (ended) return false;
            ended = true;
            lease.close();
            return true;
        }
    }
}

package dev.tomte.home.origin;

import dev.tomte.home.frames.Fuse;
import dev.tomte.linux.Errno;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Lock requests that wait, tried again by a thread of their own: no connection's thread ever waits for a lock, and an
 * interrupted request needs no signal. Any thread may call.
 */
final class LockWaiters {
    private static final long PAUSE_MILLIS = 5;

    private record Waiter(long unique, FileLocks.Attempt attempt, Connection connection) {}

    private final Map<Long, Waiter> waiters = new LinkedHashMap<>();
    /** Interrupts that came on one connection before their requests came on the other. */
    private final Set<Long> early = new LinkedHashSet<>();

    private boolean running;
    private boolean closed;

    /** Waits for the lock; the answer goes to the connection. One that comes again takes the place of the former. */
    synchronized void add(long unique, FileLocks.Attempt attempt, Connection connection) throws Refused {
        long number = unique & ~Fuse.RESENT;
        if (early.remove(number)) throw new Refused(Errno.EINTR);
        if (closed) throw new Refused(Errno.ESTALE);
        if (waiters.size() >= Limits.LOCK_WAITERS && !waiters.containsKey(number)) throw new Refused(Errno.ENOLCK);
        waiters.put(number, new Waiter(unique, attempt, connection));
        if (!running) {
            running = true;
            Thread.ofPlatform().daemon().name("home-lock-waiters").start(this::run);
        }
    }

    synchronized void interrupt(long unique) {
        long number = unique & ~Fuse.RESENT;
        Waiter waiter = waiters.remove(number);
        if (waiter != null) {
            waiter.connection().answerLater(waiter.unique(), Errno.EINTR);
            return;
        }
        early.add(number);
        if (early.size() > Limits.LOCK_WAITERS) early.remove(early.iterator().next());
    }

    private void run() {
        while (tryAll()) {
            try {
                Thread.sleep(PAUSE_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private synchronized boolean tryAll() {
        for (Iterator<Waiter> all = waiters.values().iterator(); all.hasNext(); ) {
            Waiter waiter = all.next();
            long result = closed ? -Errno.ESTALE : waiter.attempt().run();
            if (result == FileLocks.BUSY) continue;
            all.remove();
            waiter.connection().answerLater(waiter.unique(), (int) -result);
        }
        running = !waiters.isEmpty();
        return running;
    }

    /** All that wait are answered ESTALE. */
    void close() {
        synchronized (this) {
            closed = true;
        }
        tryAll();
    }
}

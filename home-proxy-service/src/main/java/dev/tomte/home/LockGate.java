package dev.tomte.home;

import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongSupplier;

/**
 * While locks pass between a process of this host and an away one, this JVM takes none for anybody: whoever else could
 * have one in between is stopped, which a JVM cannot do to itself. Any thread.
 */
public final class LockGate {
    private static final ReadWriteLock GATE = new ReentrantReadWriteLock();

    private LockGate() {}

    /** Somebody's try to take a lock. */
    public static long through(LongSupplier attempt) {
        GATE.readLock().lock();
        try {
            return attempt.getAsLong();
        } finally {
            GATE.readLock().unlock();
        }
    }

    /** Nobody comes through until the same thread opens it. */
    public static void shut() {
        GATE.writeLock().lock();
    }

    public static void open() {
        GATE.writeLock().unlock();
    }
}

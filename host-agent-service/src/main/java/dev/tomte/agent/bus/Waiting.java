package dev.tomte.agent.bus;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;

/** What waits to be told, in its order. What is urgent takes with it all that came before. Any thread. */
final class Waiting<T> {
    private final Queue<T> all = new ArrayDeque<>();
    /** By {@link System#nanoTime()}, when something of it is to go; of no meaning while there is nothing. */
    private long due;

    /**
     * @param patience how long it may wait for more
     * @return whether the oldest was left out, there being as many as there may be
     */
    synchronized boolean add(T one, Duration patience, int most) {
        boolean isFull = all.size() >= most;
        if (isFull) all.remove();
        long latest = System.nanoTime() + patience.toNanos();
        if (all.isEmpty() || latest - due < 0) due = latest;
        all.add(one);
        notifyAll();
        return isFull;
    }

    /** The first, when something is due. */
    synchronized T take() throws InterruptedException {
        while (true) {
            if (all.isEmpty()) {
                wait();
                continue;
            }
            long left = due - System.nanoTime();
            if (left <= 0) return all.remove();
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
    }

    synchronized int size() {
        return all.size();
    }

    synchronized boolean isEmpty() {
        return all.isEmpty();
    }
}

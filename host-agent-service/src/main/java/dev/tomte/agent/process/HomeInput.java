package dev.tomte.agent.process;

import dev.tomte.agent.pod.StubLine;
import dev.tomte.stub.Fed;
import dev.tomte.stub.FedBytes;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * The standard input of a process whose home is here, on its way from whoever sends it. Its stub keeps what the process
 * has not read, which is bounded; here is only who waits, for more or for room. Blocking; any thread.
 */
final class HomeInput {
    /** How often it is seen whether a process that is at home has read. */
    private static final Duration LOOK = Duration.ofMillis(20);

    private final StubLine stub;

    HomeInput(StubLine stub) {
        this.stub = stub;
    }

    /**
     * Takes bytes, as many as there is room for; where there is none, waits for it.
     *
     * @return how many have come in all; the rest is to be sent again
     */
    long take(FedBytes bytes, Duration wait) throws IOException {
        long end = System.nanoTime() + wait.toNanos();
        while (true) {
            Fed now = stub.ask(connection -> connection.input(bytes));
            boolean taken = now.reached() > bytes.offset() || now.complete() || bytes.isEmpty();
            if (taken) wake();
            long left = end - System.nanoTime();
            if (taken || left <= 0) return now.reached();
            await(Math.min(left, LOOK.toNanos()));
        }
    }

    /** What comes from there on, for whoever has the process; nothing, if nothing comes within that time. */
    FedBytes give(long consumed, long from, Duration wait) throws IOException {
        long end = System.nanoTime() + wait.toNanos();
        synchronized (this) {
            FedBytes bytes = stub.ask(connection -> connection.inputFrom(consumed, from));
            // what has been read makes room
            notifyAll();
            while (true) {
                long left = end - System.nanoTime();
                if (!bytes.isEmpty() || left <= 0) return bytes;
                pause(left);
                bytes = stub.ask(connection -> connection.inputFrom(consumed, from));
            }
        }
    }

    private synchronized void wake() {
        notifyAll();
    }

    private synchronized void await(long nanos) throws IOException {
        pause(nanos);
    }

    /** With the lock: what is told meanwhile is not missed. */
    private void pause(long nanos) throws IOException {
        try {
            TimeUnit.NANOSECONDS.timedWait(this, Math.max(nanos, TimeUnit.MILLISECONDS.toNanos(1)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("the agent ends");
        }
    }
}

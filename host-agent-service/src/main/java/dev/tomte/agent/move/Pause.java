package dev.tomte.agent.move;

import dev.tomte.contracts.Command.MovePlan;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.LockSupport;

/** Time, as moves see it. */
public interface Pause {
    Instant now();

    /** Microseconds since some moment; never goes back. */
    long micros();

    void sleep(Duration duration);

    /**
     * @param host whose time of day this is
     * @throws IOException if the deadline has passed by it; of a host whose time is wrong, the message shows it
     */
    default void requireInTime(MovePlan plan, String host) throws IOException {
        Instant now = now();
        if (now.isAfter(plan.deadline()))
            throw new IOException("the deadline " + plan.deadline() + " has passed: it is " + now + " on " + host);
    }

    /** The machine's time. */
    Pause REAL = new Pause() {
        @Override
        public Instant now() {
            return Instant.now();
        }

        @Override
        public long micros() {
            return System.nanoTime() / 1000;
        }

        @Override
        public void sleep(Duration duration) {
            long end = System.nanoTime() + duration.toNanos();
            for (long left; (left = end - System.nanoTime()) > 0; ) LockSupport.parkNanos(left);
        }
    };
}

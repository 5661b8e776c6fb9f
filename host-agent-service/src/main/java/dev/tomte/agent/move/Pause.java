package dev.tomte.agent.move;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.LockSupport;

/** Time, as moves see it. */
public interface Pause {
    Instant now();

    /** Microseconds since some moment; never goes back. */
    long micros();

    void sleep(Duration duration);

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

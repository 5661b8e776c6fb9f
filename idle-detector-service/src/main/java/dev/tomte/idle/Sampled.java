package dev.tomte.idle;

import dev.tomte.idle.signal.Reading;
import dev.tomte.idle.signal.Signal;

/** A signal and what it gave last: read by one thread, looked at by all. */
final class Sampled<T> {
    private static final System.Logger LOG = System.getLogger(Sampled.class.getName());

    private final Signal<T> signal;
    private volatile Reading<T> last = new Reading.Unknown<>("not read yet");
    private long due;

    Sampled(Signal<T> signal, long now) {
        this.signal = signal;
        this.due = now;
    }

    /** Reads it if it is time to. */
    void sample(long now) {
        if (now - due < 0) return;
        due = now + signal.every().toNanos();
        try {
            last = signal.read(now);
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "a signal of the idle detector has failed", e);
            last = new Reading.Unknown<>("a signal of the detector has failed");
        }
    }

    Reading<T> last() {
        return last;
    }
}

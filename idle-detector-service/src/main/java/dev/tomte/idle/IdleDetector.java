package dev.tomte.idle;

import dev.tomte.idle.policy.IdlePolicy;
import dev.tomte.idle.signal.MonotonicClock;
import dev.tomte.linux.Errno;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The idle detector of one host. Three threads: one waits for input, one reads the other signals every second, one tells
 * the listener. None waits for another's work, and if one of the first two ends, what it read grows stale and the host is
 * unavailable.
 */
public final class IdleDetector implements Detector {
    /** How often availability is said again; a third of the time after which a silent host counts as unavailable. */
    public static final Duration TELL_EVERY = Duration.ofSeconds(3);

    private static final Duration SAMPLE_EVERY = Duration.ofSeconds(1);
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(5);
    private static final System.Logger LOG = System.getLogger(IdleDetector.class.getName());

    private final HostWatch watch;
    private final AvailabilityListener listener;
    private final Semaphore changed = new Semaphore(0);
    private final Semaphore closing = new Semaphore(0);
    private volatile boolean closed;
    private final Thread sampler;
    private final Thread teller;

    private IdleDetector(HostWatch watch, AvailabilityListener listener) {
        this.watch = watch;
        this.listener = listener;
        this.sampler = Thread.ofPlatform().daemon().name("idle-sample").unstarted(this::sample);
        this.teller = Thread.ofPlatform().daemon().name("idle-tell").unstarted(this::tell);
    }

    /**
     * Starts to watch a host. It is not available before it has been watched for the policy's times: what was before is
     * not known.
     *
     * @param policy as it is meant now: each judgement asks for it; never waits
     * @param agent hears of the owner's return first
     * @throws Errno if the kernel refuses what is needed to watch at all (descriptors)
     */
    public static IdleDetector start(
            Watched host, Supplier<IdlePolicy> policy, OwnerReturned agent, AvailabilityListener listener)
            throws Errno {
        HostWatch watch = new HostWatch(host, policy, MonotonicClock.SYSTEM, InstantSource.system(), agent);
        IdleDetector detector = new IdleDetector(watch, listener);
        watch.input().start(detector::judge);
        detector.sampler.start();
        detector.teller.start();
        return detector;
    }

    /** As it was judged last. */
    @Override
    public HostAvailability current() {
        return watch.current();
    }

    private void judge() {
        if (watch.judge()) changed.release();
    }

    private void sample() {
        try {
            do {
                watch.sample();
                judge();
            } while (!closing.tryAcquire(SAMPLE_EVERY.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void tell() {
        try {
            while (!closed) {
                if (changed.tryAcquire(TELL_EVERY.toMillis(), TimeUnit.MILLISECONDS)) changed.drainPermits();
                // where the other threads have ended, this is what sees that their readings are stale
                watch.judge();
                if (closed) return;
                try {
                    listener.told(watch.current());
                } catch (RuntimeException e) {
                    LOG.log(System.Logger.Level.WARNING, "availability could not be told", e);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for its threads, for a listener that hangs 5 s at most. */
    @Override
    public void close() {
        closed = true;
        closing.release();
        changed.release();
        watch.input().close();
        try {
            sampler.join(CLOSE_WITHIN);
            teller.join(CLOSE_WITHIN);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

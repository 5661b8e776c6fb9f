package dev.tomte.agent.process;

import dev.tomte.agent.locks.HomeLocks;
import dev.tomte.agent.move.Home;
import dev.tomte.stub.Register;
import dev.tomte.stub.Swap;
import dev.tomte.wire.Holding;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where it is decided who holds a process whose home is here. One decision at a time; nobody reads it before the loser's
 * sessions are closed, so that a copy which runs upon it meets nothing of the other's. Any thread.
 */
final class CommitPoint {
    private static final Logger LOG = LoggerFactory.getLogger(CommitPoint.class);
    private static final Duration ACCOUNT_AFTER = Duration.ofSeconds(1);

    private final Site site;
    private final HomeProcess process;
    private final HomeLocks locks;

    CommitPoint(Site site, HomeProcess process, HomeLocks locks) {
        this.site = site;
        this.process = process;
        this.locks = locks;
    }

    synchronized Register read() throws IOException, Home.Gone {
        return process.register();
    }

    /** The register when it has passed that epoch, or as it is after that time. */
    synchronized Register awaitDecision(long epoch, Duration atMost) throws IOException, Home.Gone {
        long end = System.nanoTime() + atMost.toNanos();
        while (true) {
            Register now = process.register();
            long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (now.epoch() > epoch || left <= 0) return now;
            try {
                wait(left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while a decision was awaited");
            }
        }
    }

    /** The register afterwards, whoever changed it. */
    synchronized Register compareAndSet(Register expected, String newHolder) throws IOException, Home.Gone {
        String host = site.host();
        Swap swap = process.swap(expected, newHolder);
        Register now = swap.register();
        // without the process's own lock: the fences ask it who may come in
        site.fences().decided(process.pod().process(), process.pod().incarnation(), now.epoch(), now.holder());
        site.threads().execute(() -> process.tell(now));
        // whoever has won has them by now
        if (now.epoch() > expected.epoch())
            locks.decided(expected.holder().equals(host) || now.holder().equals(host));
        notifyAll();
        if (swap.swapped() && !expected.holder().equals(host))
            CompletableFuture.delayedExecutor(ACCOUNT_AFTER.toMillis(), TimeUnit.MILLISECONDS, site.threads())
                    .execute(() -> settleAccount(expected));
        return now;
    }

    /** What a holder's epoch has used in all is known when it has left. */
    private void settleAccount(Register left) {
        try {
            Holding last = site.neighbours().ask(process.holder(left), process.key(left));
            if (last.getCpuMicros() > 0) process.used(left.epoch(), last.getCpuMicros());
        } catch (IOException e) {
            LOG.debug("{}: the last of epoch {} is not known", process.pod().process(), left.epoch(), e);
        }
    }
}

package dev.tomte.home.origin;

import dev.tomte.linux.Errno;
import dev.tomte.linux.EventFd;
import dev.tomte.linux.FileCalls;
import dev.tomte.linux.OpenAt;
import dev.tomte.linux.ReadLeases;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The leases on files that are delegated to guests: their thread hears of whoever is in want of one of them, which nobody
 * but the kernel knows. A lease ends with this JVM at the latest. Any thread may call.
 */
final class Leases implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Leases.class.getName());
    private static final Duration LONG = Duration.ofMinutes(1);

    private final Map<Integer, Lease> byFd = new ConcurrentHashMap<>();
    private final EventFd wake;
    private final Thread thread;
    /** Null if this kernel tells nobody. */
    private final @Nullable ReadLeases kernel;

    private volatile boolean closed;

    Leases() throws Errno {
        wake = new EventFd();
        CompletableFuture<ReadLeases> made = new CompletableFuture<>();
        thread = Thread.ofPlatform().daemon().name("home-leases").start(() -> listen(made));
        kernel = started(made);
    }

    private static @Nullable ReadLeases started(CompletableFuture<ReadLeases> made) {
        try {
            return made.get();
        } catch (ExecutionException e) {
            LOG.log(Level.WARNING, "guests ask home for each open: {0}", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return null;
    }

    /** A lease on one file. */
    final class Lease implements AutoCloseable {
        private final int fd;
        private final Runnable onWanted;
        private volatile boolean wanted;
        private boolean ended;

        private Lease(int fd, Runnable onWanted) {
            this.fd = fd;
            this.onWanted = onWanted;
        }

        /** Whether somebody waits, or has waited, for it to end. */
        boolean isWanted() {
            return wanted;
        }

        private void want() {
            wanted = true;
            onWanted.run();
        }

        /** Whoever waits for the file goes on. */
        @Override
        public synchronized void close() {
            if (ended) return;
            ended = true;
            byFd.remove(fd, this);
            FileCalls.close(fd);
        }
    }

    /**
     * Takes a lease on a file. The calling thread must be root.
     *
     * @param path address of a path to the file
     * @param onWanted called, perhaps more than once, when somebody waits for the lease to end; must not block
     * @return null if the file cannot have one now
     */
    @Nullable
    Lease take(long path, Runnable onWanted) {
        if (kernel == null || closed) return null;
        long fd = OpenAt.raw(FileCalls.AT_FDCWD, path, OpenAt.O_RDONLY | OpenAt.O_NOCTTY | OpenAt.O_NONBLOCK, 0);
        if (fd < 0) return null;
        Lease lease = new Lease((int) fd, onWanted);
        byFd.put((int) fd, lease);
        if (kernel.take((int) fd) == 0) return lease;
        lease.close();
        return null;
    }

    private void listen(CompletableFuture<ReadLeases> made) {
        try (ReadLeases leases = new ReadLeases()) {
            made.complete(leases);
            while (!closed) {
                ReadLeases.Breaks breaks = leases.await(wake.fd(), LONG);
                List<Lease> wanted = breaks.any()
                        ? List.copyOf(byFd.values())
                        : breaks.wanted().stream()
                                .map(byFd::get)
                                .filter(lease -> lease != null)
                                .toList();
                wanted.forEach(Lease::want);
            }
        } catch (Errno | RuntimeException e) {
            if (!made.completeExceptionally(e))
                LOG.log(Level.ERROR, "nobody hears any more who wants leases to end", e);
            closed = true;
            List.copyOf(byFd.values()).forEach(Lease::close);
        }
    }

    @Override
    public void close() {
        closed = true;
        wake.wake();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        List.copyOf(byFd.values()).forEach(Lease::close);
        wake.close();
    }
}

package dev.tomte.home.mount;

import dev.tomte.home.Keeper;
import dev.tomte.home.frames.Welcome;
import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import io.prometheus.client.Counter;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The root of a guest: a FUSE mount in a mount namespace of its own that leads to the home pod's files. While home
 * cannot be reached, file calls wait, and the callers can be killed; it connects again for ever, until closed. All
 * methods may be called by any thread.
 */
public final class GuestMount implements AutoCloseable {
    private static final Logger LOG = System.getLogger(GuestMount.class.getName());

    /**
     * Which session, where, and with whom.
     *
     * @param process the process id (p-...)
     * @param incarnation its home pod's life
     * @param epoch the epoch that this host has, or will have when the move commits
     * @param home where the home's origin listens
     * @param homeName the home host's name, which its certificate must carry
     * @param tls directory with host.crt, host.key (PKCS 8) and ca.crt, PEM
     * @param stubPid the guest pod's stub as this JVM sees it; the namespace is a copy of the stub's with a new root
     * @param keeper the guest stub's descriptor store
     */
    public record Config(
            String process,
            String incarnation,
            long epoch,
            InetSocketAddress home,
            String homeName,
            Path tls,
            int stubPid,
            Keeper keeper) {}

    /**
     * What a fence found.
     *
     * @param inodes files with shared mappings that were written out
     * @param locks file locks that the process holds at home
     */
    public record Fence(int inodes, int locks) {}

    /** Two, so that one slow file call does not hold up the others; more bring nothing. */
    private static final int PUMPS = 2;

    private static final Counter LINK_BREAKS = Counter.build(
                    "tomte_guest_link_breaks_total", "How often guests here have lost the connection to their home.")
            .register();

    private static final String KEY = "mount/";
    private static final long SWEEP_MILLIS = 200;
    private static final long FIRST_PAUSE_MILLIS = 20;
    private static final long LONGEST_PAUSE_MILLIS = 1000;

    private final Config config;
    private final String name;
    private final FuseDevice device;
    private final Pumps pumps;
    private final List<Thread> threads = new ArrayList<>();
    private volatile @Nullable Fd namespace;
    private volatile long epoch;
    private final CountDownLatch ending = new CountDownLatch(1);
    private boolean broken;
    private boolean closed;

    private GuestMount(Config config, String name, FuseDevice device, boolean fresh) throws Errno {
        this.config = config;
        this.name = name;
        this.device = device;
        epoch = config.epoch();
        pumps = new Pumps(device, fresh, this::broke);
    }

    /**
     * Connects home, mounts, and makes the namespace. Nothing is left if it fails.
     *
     * @param within how long to wait for home to answer and to admit the session
     * @throws StaleSessionException if home says that the session's epoch has passed
     */
    public static GuestMount open(Config config, Duration within) throws IOException {
        String name = HexFormat.of().toHexDigits(new SecureRandom().nextLong());
        // the peer shows who it is before the kernel is told of a file system
        Link link = connectWithin(config, name, within);
        FuseDevice.Fresh fresh;
        GuestMount mount;
        try {
            fresh = FuseDevice.create(PUMPS);
        } catch (IOException e) {
            link.close();
            throw e;
        }
        try (Fd detached = fresh.mount()) {
            mount = new GuestMount(config, name, fresh.device(), true);
            try {
                mount.pumps.use(link);
                mount.start();
                fresh.device().readAhead();
                Fd namespace = GuestNamespace.make(detached, config.stubPid());
                mount.namespace = namespace;
                List<Fd> kept = new ArrayList<>(fresh.device().devices());
                kept.add(namespace);
                config.keeper().keep(mount.key(), kept);
                return mount;
            } catch (IOException | RuntimeException e) {
                mount.close();
                throw e;
            }
        }
    }

    private static Link connectWithin(Config config, String name, Duration within) throws IOException {
        long deadline = System.nanoTime() + within.toNanos();
        long pause = FIRST_PAUSE_MILLIS;
        while (true) {
            try {
                return Link.connect(config, config.epoch(), name, PUMPS);
            } catch (IOException e) {
                if (e instanceof Link.NotWelcome refusal && refusal.answer() == Welcome.STALE)
                    throw new StaleSessionException(
                            "home no longer has a place for epoch " + config.epoch() + " of " + config.process());
                if (System.nanoTime() + pause * 1_000_000 > deadline)
                    throw new IOException("home (" + config.homeName() + ") does not answer: " + e.getMessage(), e);
            }
            try {
                Thread.sleep(pause);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while connecting home", e);
            }
            pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
        }
    }

    /**
     * Takes up a mount of an earlier life of this JVM from the keeper. Returns at once: it connects in the background.
     *
     * @return empty if the keeper holds none
     */
    public static Optional<GuestMount> resume(Config config) throws IOException {
        for (String key : config.keeper().keys(KEY)) {
            List<Fd> kept = config.keeper().take(key);
            if (kept.size() != PUMPS + 1) {
                kept.forEach(Fd::close);
                continue;
            }
            List<Fd> devices = List.copyOf(kept.subList(0, PUMPS));
            String name = key.substring(KEY.length());
            int slash = name.indexOf('/');
            GuestMount mount = slash < 0
                    ? new GuestMount(config, name, FuseDevice.unnumbered(devices), false)
                    : new GuestMount(
                            config,
                            name.substring(0, slash),
                            new FuseDevice(devices, Integer.parseInt(name.substring(slash + 1))),
                            false);
            mount.namespace = kept.get(PUMPS);
            mount.broken = true;
            mount.start();
            return Optional.of(mount);
        }
        return Optional.empty();
    }

    /** Under which the keeper has it: the number of a connection cannot be asked for by who only has its descriptors. */
    private String key() {
        return KEY + name + "/" + device.number();
    }

    private synchronized void start() {
        pumps.start();
        threads.add(Thread.ofPlatform().daemon().name("home-link").start(this::keepLinked));
        threads.add(Thread.ofPlatform().daemon().name("home-sweep").start(this::sweep));
    }

    private synchronized void broke() {
        broken = true;
        LINK_BREAKS.inc();
        notifyAll();
    }

    /** Connects again whenever the link has broken, for ever. */
    private void keepLinked() {
        try {
            while (awaitBreak()) {
                pumps.settle();
                for (long pause = FIRST_PAUSE_MILLIS; !reconnect(); pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS))
                    if (!pause(pause)) return;
            }
        } catch (InterruptedException e) {
            LOG.log(Level.DEBUG, "the mount is being closed");
        } catch (Errno e) {
            LOG.log(Level.ERROR, "the mount cannot go on: {0}", e.getMessage());
        }
    }

    private synchronized boolean awaitBreak() throws InterruptedException {
        while (!broken && !closed) wait();
        broken = false;
        return !closed;
    }

    /** @return false if the mount is being closed */
    private boolean pause(long millis) throws InterruptedException {
        return !ending.await(millis, TimeUnit.MILLISECONDS);
    }

    private boolean reconnect() {
        try {
            Link link = Link.connect(config, epoch, name, PUMPS);
            synchronized (this) {
                if (closed) {
                    link.close();
                    return true;
                }
            }
            try {
                pumps.use(link);
            } catch (IOException e) {
                link.close();
                throw e;
            }
            LOG.log(Level.INFO, "connected home again");
            return true;
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "no connection home: {0}", e.getMessage());
            return false;
        }
    }

    private void sweep() {
        try {
            while (pause(SWEEP_MILLIS)) if (!pumps.isLinked() && pumps.isSettled()) pumps.sweep();
        } catch (InterruptedException e) {
            LOG.log(Level.DEBUG, "the mount is being closed");
        } catch (Errno e) {
            LOG.log(Level.WARNING, "requests without a link could not be looked through: {0}", e.getMessage());
        }
    }

    /** The mount namespace: for setns(2), as /proc/PID/fd/N for nsenter and criu. It lasts until the mount is closed. */
    public Fd namespace() {
        Fd now = namespace;
        if (now == null) throw new IllegalStateException("the mount is closed");
        return now;
    }

    /** Whether home answers now. */
    public boolean connected() {
        return pumps.isLinked();
    }

    /** The session goes on under a newer epoch: the move away from here was rolled back by the register. */
    public void epoch(long newer) {
        epoch = newer;
    }

    /**
     * Writes out what the processes' shared mappings have dirtied and waits until home has done everything that was
     * sent before. Called while the tree runs, to have less to do, and again when it is frozen.
     *
     * @param pids the tree, as this JVM sees it
     * @throws IOException if home did not answer in time, or a file could not be written out: do not move
     */
    public Fence fence(Collection<Integer> pids, Duration within) throws IOException {
        long deadline = System.nanoTime() + within.toNanos();
        // fsync waits for home however long: the deadline must hold all the same
        CompletableFuture<Integer> written = new CompletableFuture<>();
        int minor = device.number();
        Thread.ofPlatform().daemon().name("home-write-out").start(() -> {
            try {
                written.complete(SharedMappings.writeOut(pids, minor));
            } catch (IOException e) {
                written.completeExceptionally(e);
            }
        });
        int inodes = await(written, deadline);
        Set<Long> before = pumps.inFlight().unanswered();
        while (before.stream().anyMatch(pumps.inFlight()::isUnanswered)) rest(deadline);
        while (true) {
            try {
                int locks = 0;
                for (CompletableFuture<Integer> answer : pumps.fence())
                    locks = Math.max(locks, await(answer, deadline));
                return new Fence(inodes, locks);
            } catch (IOException e) {
                rest(deadline);
            }
        }
    }

    private static int await(CompletableFuture<Integer> answer, long deadline) throws IOException {
        try {
            return answer.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } catch (TimeoutException e) {
            throw new IOException("home has not answered in time", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for home", e);
        }
    }

    private static void rest(long deadline) throws IOException {
        if (System.nanoTime() > deadline) throw new IOException("home has not answered in time");
        try {
            Thread.sleep(1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for home", e);
        }
    }

    /** Ends the mount: its callers get errors, so the tree must have ended or left. Leaves nothing behind. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) return;
            closed = true;
            ending.countDown();
            notifyAll();
        }
        try {
            // before the namespace goes: unmounting waits for answers that nobody would give (a kernel deadlock)
            device.abort();
        } catch (IOException e) {
            LOG.log(Level.ERROR, "the FUSE connection could not be aborted: {0}", e.getMessage());
        }
        pumps.close();
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        try {
            config.keeper().drop(key());
        } catch (IOException e) {
            LOG.log(Level.WARNING, "the stub goes on keeping a mount that has ended: {0}", e.getMessage());
        }
        Fd last = namespace;
        if (last != null) last.close();
        namespace = null;
        device.close();
    }
}

package dev.tomte.home.mount;

import dev.tomte.home.Keeper;
import dev.tomte.linux.Fd;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;

/**
 * The root of a guest: a FUSE mount in a mount namespace of its own that leads to the home pod's files. While home
 * cannot be reached, file calls wait, and the callers can be killed; it connects again for ever, until closed. All
 * methods may be called by any thread.
 */
public final class GuestMount implements AutoCloseable {
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

    private GuestMount() {}

    /**
     * Connects home, mounts, and makes the namespace. Nothing is left if it fails.
     *
     * @param within how long to wait for home to answer and to admit the session
     * @throws StaleSessionException if home says that the session's epoch has passed
     */
    public static GuestMount open(Config config, Duration within) throws IOException {
        return new GuestMount();
    }

    /**
     * Takes up a mount of an earlier life of this JVM from the keeper. Returns at once: it connects in the background.
     *
     * @return empty if the keeper holds none for that process
     */
    public static Optional<GuestMount> resume(Config config) throws IOException {
        return Optional.empty();
    }

    /** The mount namespace: for setns(2), as /proc/PID/fd/N for nsenter and criu. It lasts until the mount is closed. */
    public Fd namespace() {
        return new Fd(0);
    }

    /** Whether home answers now. */
    public boolean connected() {
        return false;
    }

    /** The session goes on under a newer epoch: the move away from here was rolled back by the register. */
    public void epoch(long newer) {}

    /**
     * Writes out what the processes' shared mappings have dirtied and waits until home has done everything that was
     * sent before. Called while the tree runs, to have less to do, and again when it is frozen.
     *
     * @param pids the tree, as this JVM sees it
     * @throws IOException if home did not answer in time, or a file could not be written out: do not move
     */
    public Fence fence(Collection<Integer> pids, Duration within) throws IOException {
        return new Fence(0, 0);
    }

    /** Ends the mount: its callers get errors, so the tree must have ended or left. Leaves nothing behind. */
    @Override
    public void close() {}
}

package dev.tomte.agent.locks;

import dev.tomte.linux.Cgroup;
import dev.tomte.linux.Errno;
import dev.tomte.linux.FileCalls;
import dev.tomte.linux.ProcFs;
import dev.tomte.linux.Standing;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A tree that stands frozen, and whose processes can carry out fcntl(2) all the same: what a process locks for itself only
 * it can lock. Nothing else of it runs. One thread.
 */
final class StandingTree implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Cgroup tree;
    private final Standing standing;
    private final Map<Integer, Integer> pids = new HashMap<>();

    /** @param bound whether it is not to outlive this JVM, since nobody has decided yet that it may run */
    StandingTree(Cgroup tree, boolean bound) throws IOException {
        this.tree = tree;
        standing = new Standing(bound);
        try {
            for (int pid : tree.processes()) {
                if (!standing.stop(pid, PATIENCE)) throw new IOException("process " + pid + " does not stand");
                pids.put(new ProcFs(pid).innermostPid().orElse(0), pid);
            }
            // a frozen one could not carry out anything; those that are traced stay where they are
            tree.thaw();
        } catch (IOException | RuntimeException e) {
            standing.close();
            throw e;
        }
    }

    /**
     * The number on this host of one of its processes.
     *
     * @param inside as its pod sees it
     */
    int pid(int inside) throws IOException {
        Integer pid = pids.get(inside);
        if (pid == null) throw new IOException("there is no process " + inside);
        return pid;
    }

    /** As {@link Standing#fcntl}; the process as this host numbers it. */
    void fcntl(int pid, int descriptor, int command, MemorySegment flock) throws Errno {
        long result = standing.fcntl(pid, descriptor, command, flock, PATIENCE);
        if (result < 0) throw new Errno("lock by descriptor " + descriptor + " of process " + pid, (int) -result);
    }

    /** Has a process lock something for itself, by this descriptor or another one of the same file. */
    void lock(int pid, int descriptor, MemorySegment flock) throws Errno {
        long result = standing.fcntl(pid, descriptor, FileCalls.F_SETLK, flock, PATIENCE);
        // this one is not open for that type of lock
        if (result == -Errno.EBADF) result = lockByAnother(pid, descriptor, flock);
        if (result < 0) throw new Errno("lock by descriptor " + descriptor + " of process " + pid, (int) -result);
    }

    private long lockByAnother(int pid, int descriptor, MemorySegment flock) throws Errno {
        String files = "/proc/" + pid + "/fd/";
        for (int other : new ProcFs(pid).descriptors()) {
            if (!Bystanders.same(files + descriptor, files + other)) continue;
            long result = standing.fcntl(pid, other, FileCalls.F_SETLK, flock, PATIENCE);
            if (result != -Errno.EBADF) return result;
        }
        return -Errno.EBADF;
    }

    /** It stands frozen again. */
    @Override
    public void close() {
        try {
            tree.freeze();
            if (!tree.awaitFrozen(true, PATIENCE)) throw new IOException("it does not stand");
        } catch (IOException e) {
            throw new IllegalStateException("the tree cannot be frozen: " + tree, e);
        }
        standing.close();
    }

    /** A tracer is one thread. */
    static <T> T onThread(String name, Duration patience, Callable<T> calls) throws IOException {
        FutureTask<T> task = new FutureTask<>(calls);
        Thread.ofPlatform().daemon().name(name).start(task);
        try {
            return task.get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            throw new IOException(cause == null ? name : cause.getMessage(), e);
        } catch (TimeoutException e) {
            throw new IOException("home does not say in time which files are locked", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while asking for locks", e);
        }
    }
}

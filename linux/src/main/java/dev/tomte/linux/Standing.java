package dev.tomte.linux;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/**
 * Processes that stand still because this thread traces them: neither they nor others notice, but that it takes its time.
 * All calls are the same thread's, a platform thread; if that ends, they run on, or are killed if they are bound to it.
 * None may be a child of this JVM: what waits there for its end would take a stop for it.
 */
public final class Standing implements AutoCloseable {
    private static final long STEP_NANOS = 50_000;

    private final boolean bound;
    private final Map<Integer, Map<Integer, Tracee>> processes = new LinkedHashMap<>();

    /** @param bound whether they are killed if this thread, or all of this JVM, ends before {@link #close} */
    public Standing(boolean bound) {
        this.bound = bound;
    }

    /** The processes that it has stopped, or begun to. */
    public Set<Integer> processes() {
        return processes.keySet();
    }

    /**
     * Stops all threads of a process; nothing happens if it has ended.
     *
     * @return whether all of it stands; a thread that sleeps uninterrupted counts, as it runs no line of its own before
     * @throws Errno EPERM if somebody else traces it
     */
    public boolean stop(int pid, Duration patience) throws Errno {
        Map<Integer, Tracee> threads = processes.computeIfAbsent(pid, key -> new LinkedHashMap<>());
        long end = System.nanoTime() + patience.toNanos();
        Set<Integer> ended = new HashSet<>();
        // one that still ran may have made another meanwhile
        for (boolean news = true; news; ) {
            news = false;
            for (int thread : new ProcFs(pid).threads()) {
                if (threads.containsKey(thread) || ended.contains(thread)) continue;
                Optional<Tracee> tracee = Tracee.seize(thread, bound);
                if (tracee.isPresent()) threads.put(thread, tracee.get());
                else ended.add(thread);
                news = true;
            }
            for (Tracee thread : threads.values()) {
                while (!thread.stands()) {
                    if (System.nanoTime() - end > 0) {
                        if (thread.isBusy()) break;
                        return false;
                    }
                    LockSupport.parkNanos(STEP_NANOS);
                }
            }
        }
        return true;
    }

    /**
     * Has a process that stands carry out fcntl(2) with one of its own descriptors.
     *
     * @param argument what the third argument points to; holds afterwards what the call has left there
     * @return the result, a value or the negative errno
     * @throws Errno if it could not be made to, or not in time: it is not to run any more then
     */
    public long fcntl(int pid, int descriptor, int command, MemorySegment argument, Duration patience) throws Errno {
        for (Tracee thread : processes.getOrDefault(pid, Map.of()).values())
            if (thread.stands() && !thread.hasGone())
                return thread.call(FileCalls.FCNTL, descriptor, command, argument, patience);
        throw new Errno("fcntl of process " + pid, Errno.ESRCH);
    }

    /** Lets all go on where they were. */
    @Override
    public void close() {
        processes.values().forEach(threads -> threads.values().forEach(Tracee::letGo));
        processes.clear();
    }
}

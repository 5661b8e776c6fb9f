package dev.tomte.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Read leases on open files (F_SETLEASE, fcntl(2)): who opens such a file to write to it, or truncates it, waits until the
 * lease is let go, for at most /proc/sys/fs/lease-break-time. One platform thread is told, by signals that only it waits
 * for: it makes this object and calls {@link #await}. Any thread may take leases.
 */
public final class ReadLeases implements AutoCloseable {
    private static final long RT_SIGPROCMASK = 14;
    private static final long SIGNALFD4 = 289;
    private static final int SIG_BLOCK = 0;
    private static final int NONBLOCK_CLOEXEC = 04000 | 02000000;
    private static final int MASK_BYTES = 8;

    /** What comes instead if the queue of real-time signals is full: which lease is meant is lost then (fcntl(2)). */
    private static final int SIGIO = 29;
    /** A real-time signal that neither the C library (32, 33) nor the JVM uses. */
    private static final int SIGNAL = 44;

    private static final int F_SETSIG = 10;
    private static final int F_SETOWN_EX = 15;
    private static final int F_OWNER_TID = 0;
    private static final int F_SETLEASE = 1024;
    private static final int F_RDLCK = 0;

    private static final int INFO_BYTES = 128;
    private static final int INFO_FD = 20;
    private static final int AT_ONCE = 32;

    private final Fd signals;
    private final MemorySegment owner = Arena.ofAuto().allocate(8, 8);
    private final MemorySegment infos = Arena.ofAuto().allocate(INFO_BYTES * AT_ONCE, 8);

    /**
     * What has happened.
     *
     * @param wanted the descriptors of leases that are in somebody's way
     * @param any whether there may be others: some of what happened was not told
     */
    public record Breaks(List<Integer> wanted, boolean any) {}

    /** The calling thread is the one that will be told. */
    public ReadLeases() throws Errno {
        if (Thread.currentThread().isVirtual()) throw new IllegalStateException("a virtual thread gets no signals");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment mask = arena.allocate(MASK_BYTES, 8);
            mask.set(JAVA_LONG, 0, 1L << (SIGNAL - 1) | 1L << (SIGIO - 1));
            Syscall.check("rt_sigprocmask", Syscall.raw(RT_SIGPROCMASK, SIG_BLOCK, mask.address(), 0, MASK_BYTES));
            signals = new Fd((int) Syscall.check(
                    "signalfd", Syscall.raw(SIGNALFD4, -1, mask.address(), MASK_BYTES, NONBLOCK_CLOEXEC)));
        }
        owner.set(JAVA_INT, 0, F_OWNER_TID);
        owner.set(JAVA_INT, 4, ThreadIdentity.number());
    }

    /**
     * Takes a lease, which ends when the open file is closed. The calling thread must be root.
     *
     * @param fd open for reading only
     * @return 0 or the negative errno: -EAGAIN if somebody has the file open for writing, -EINVAL if its file system has no
     *     leases
     */
    public long take(int fd) {
        long result = FileCalls.fcntl(fd, F_SETSIG, SIGNAL);
        if (result == 0) result = FileCalls.fcntl(fd, F_SETOWN_EX, owner.address());
        return result == 0 ? FileCalls.fcntl(fd, F_SETLEASE, F_RDLCK) : result;
    }

    /** Waits for somebody who wants a lease to end, for so long, or until the other descriptor is readable. */
    public Breaks await(Fd other, Duration timeout) throws Errno {
        Poll.readable(List.of(signals, other), timeout);
        long bytes = FileCalls.read(signals.value(), infos.address(), infos.byteSize());
        if (bytes == -Errno.EAGAIN || bytes == -Errno.EINTR) return new Breaks(List.of(), false);
        Syscall.check("read of signals", bytes);
        List<Integer> wanted = new ArrayList<>();
        boolean any = false;
        for (long at = 0; at < bytes; at += INFO_BYTES) {
            if (infos.get(JAVA_INT, at) == SIGIO) any = true;
            else wanted.add(infos.get(JAVA_INT, at + INFO_FD));
        }
        return new Breaks(wanted, any);
    }

    @Override
    public void close() {
        signals.close();
    }
}

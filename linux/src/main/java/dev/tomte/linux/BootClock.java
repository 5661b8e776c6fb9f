package dev.tomte.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Time that also passes while the machine is suspended (CLOCK_BOOTTIME, clock_gettime(2)), as {@link System#nanoTime} does
 * not: for promises to others, whose clocks went on. Any thread may call.
 */
public final class BootClock {
    private static final long CLOCK_GETTIME = 228;
    private static final int CLOCK_BOOTTIME = 7;
    private static final ThreadLocal<MemorySegment> TIMESPEC =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(16, 8));

    private BootClock() {}

    /** Nanoseconds since the machine was started. */
    public static long nanos() {
        MemorySegment now = TIMESPEC.get();
        if (Syscall.raw(CLOCK_GETTIME, CLOCK_BOOTTIME, now.address()) < 0)
            throw new IllegalStateException("CLOCK_BOOTTIME");
        return now.get(JAVA_LONG, 0) * 1_000_000_000 + now.get(JAVA_LONG, 8);
    }
}

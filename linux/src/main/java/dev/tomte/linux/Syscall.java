package dev.tomte.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * syscall(2). Numbers are x86_64's (asm/unistd_64.h) and stand with the classes that use them. Any thread may call.
 */
public final class Syscall {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle SYSCALL = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("syscall"),
            FunctionDescriptor.of(
                    JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
            Linker.Option.captureCallState("errno"));
    private static final ThreadLocal<MemorySegment> ERRNO =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(8, 8));

    private Syscall() {}

    /** The kernel's answer as it stands: a value, or the negative errno. */
    public static long raw(long number, long a, long b, long c, long d, long e, long f) {
        MemorySegment errno = ERRNO.get();
        try {
            long result = (long) SYSCALL.invokeExact(errno, number, a, b, c, d, e, f);
            return result == -1 ? -(long) errno.get(JAVA_INT, 0) : result;
        } catch (Throwable t) {
            throw new IllegalStateException("syscall " + number, t);
        }
    }

    public static long raw(long number, long a, long b, long c, long d, long e) {
        return raw(number, a, b, c, d, e, 0);
    }

    public static long raw(long number, long a, long b, long c, long d) {
        return raw(number, a, b, c, d, 0, 0);
    }

    public static long raw(long number, long a, long b, long c) {
        return raw(number, a, b, c, 0, 0, 0);
    }

    public static long raw(long number, long a, long b) {
        return raw(number, a, b, 0, 0, 0, 0);
    }

    public static long raw(long number, long a) {
        return raw(number, a, 0, 0, 0, 0, 0);
    }

    /**
     * Passes a {@link #raw} answer on, or throws its error.
     *
     * @param what the call and what it was about, for the error's message
     */
    public static long check(String what, long result) throws Errno {
        if (result < 0) throw new Errno(what, (int) -result);
        return result;
    }
}

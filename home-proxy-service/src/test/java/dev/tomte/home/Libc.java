package dev.tomte.home;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.Syscall;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Memory that is mapped from a file: touched by C only, as a Java thread that waits for a page stops the whole JVM. */
final class Libc {
    private static final MethodHandle MEMCPY = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().findOrThrow("memcpy"),
                    FunctionDescriptor.of(ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG));

    private Libc() {}

    static void copy(long to, long from, long bytes) {
        try {
            MemorySegment ignored = (MemorySegment) MEMCPY.invokeExact(to, from, bytes);
        } catch (Throwable t) {
            throw new IllegalStateException(t);
        }
    }

    static long map(Fd file, long bytes, boolean shared) throws Errno {
        int readWrite = 3;
        return Syscall.check("mmap", Syscall.raw(9, 0, bytes, readWrite, shared ? 1 : 2, file.value(), 0));
    }

    static void unmap(long address, long bytes) throws Errno {
        Syscall.check("munmap", Syscall.raw(11, address, bytes));
    }
}

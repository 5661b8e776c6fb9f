package dev.tomte.linux;

import java.util.Arrays;

/** setns(2) and unshare(2): for the calling platform thread only. */
public final class Namespaces {
    public static final int CLONE_FS = 0x200;
    public static final int CLONE_NEWNS = 0x20000;
    public static final int CLONE_NEWNET = 0x40000000;

    private static final int CLONE_FILES = 0x400;
    private static final long CLOSE_RANGE = 436;
    private static final long LAST_FD = 0xffffffffL;

    private Namespaces() {}

    public static void unshare(int what) throws Errno {
        Syscall.check("unshare", Syscall.raw(272, what));
    }

    /**
     * Enters a namespace. For a mount namespace the thread must have {@link #CLONE_FS} unshared; its root and current
     * directory become the namespace's root, from where this JVM's class path cannot be reached.
     */
    public static void enter(Fd namespace, int kind) throws Errno {
        Syscall.check("setns", Syscall.raw(308, namespace.value(), kind));
    }

    /**
     * Gives the thread descriptors of its own: copies of the standard streams and of these, and nothing else. No class can
     * be loaded by it any more, and what it opens no other thread knows.
     */
    public static void keepOnly(Fd... kept) throws Errno {
        int[] numbers = Arrays.stream(kept).mapToInt(Fd::value).sorted().toArray();
        unshare(CLONE_FILES);
        long first = 3;
        for (int fd : numbers) {
            closeRange(first, fd - 1L);
            first = fd + 1L;
        }
        closeRange(first, LAST_FD);
    }

    private static void closeRange(long first, long last) throws Errno {
        if (first <= last) Syscall.check("close_range", Syscall.raw(CLOSE_RANGE, first, last, 0));
    }
}

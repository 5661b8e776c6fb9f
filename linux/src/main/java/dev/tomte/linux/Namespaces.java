package dev.tomte.linux;

/** setns(2) and unshare(2): for the calling platform thread only. */
public final class Namespaces {
    public static final int CLONE_FS = 0x200;
    public static final int CLONE_NEWNS = 0x20000;
    public static final int CLONE_NEWNET = 0x40000000;

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
}

package dev.tomte.linux;

/** A process by a descriptor of it, which never means another one (pidfd_open(2)). */
public final class PidFd {
    private static final long SEND_SIGNAL = 424;

    private PidFd() {}

    /** pidfd_send_signal(2), as kill(2). */
    public static void signal(Fd process, int signal) throws Errno {
        Syscall.check("signal " + signal, Syscall.raw(SEND_SIGNAL, process.value(), signal, 0, 0));
    }
}

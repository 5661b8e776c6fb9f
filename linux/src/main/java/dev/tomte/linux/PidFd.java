package dev.tomte.linux;

/** A process by a descriptor of it, which never means another one (pidfd_open(2)). */
public final class PidFd {
    private static final long SEND_SIGNAL = 424;
    private static final long OPEN = 434;
    private static final long GET_FD = 438;

    private PidFd() {}

    /** pidfd_send_signal(2), as kill(2). */
    public static void signal(Fd process, int signal) throws Errno {
        Syscall.check("signal " + signal, Syscall.raw(SEND_SIGNAL, process.value(), signal, 0, 0));
    }

    /**
     * A duplicate of another process's descriptor: the same open file, with its offset, flags and locks.
     *
     * @param pid as this PID namespace sees it
     */
    public static Fd descriptor(int pid, int number) throws Errno {
        String what = "descriptor " + number + " of process " + pid;
        try (Fd process = new Fd((int) Syscall.check(what, Syscall.raw(OPEN, pid, 0)))) {
            return new Fd((int) Syscall.check(what, Syscall.raw(GET_FD, process.value(), number, 0)));
        }
    }
}

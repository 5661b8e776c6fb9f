package dev.tomte.home;

import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.Syscall;

/** Taking a descriptor out of another process, which root may. */
final class PidFd {
    private PidFd() {}

    static Fd fetch(long pid, int number) throws Errno {
        try (Fd process = new Fd((int) Syscall.check("pidfd_open", Syscall.raw(434, pid, 0)))) {
            return new Fd((int) Syscall.check("pidfd_getfd", Syscall.raw(438, process.value(), number, 0)));
        }
    }
}

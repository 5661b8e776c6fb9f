package dev.tomte.linux;

import java.util.concurrent.atomic.AtomicInteger;

/** A file descriptor that this process owns; closed once, by whoever closes it first. */
public final class Fd implements AutoCloseable {
    private static final long CLOSE = 3;
    private static final long FCNTL = 72;
    private static final int F_DUPFD_CLOEXEC = 1030;

    private final AtomicInteger value;

    /** Takes ownership of an open descriptor. */
    public Fd(int value) {
        if (value < 0) throw new IllegalArgumentException("not a descriptor: " + value);
        this.value = new AtomicInteger(value);
    }

    /** The number; throws if it has been closed. */
    public int value() {
        int fd = value.get();
        if (fd < 0) throw new IllegalStateException("the descriptor is closed");
        return fd;
    }

    public boolean isOpen() {
        return value.get() >= 0;
    }

    /** Another descriptor of the same open file (F_DUPFD_CLOEXEC of fcntl(2)). */
    public Fd dup() throws Errno {
        return new Fd((int) Syscall.check("dup", Syscall.raw(FCNTL, value(), F_DUPFD_CLOEXEC, 0)));
    }

    /** A path by which any call of this process reaches the open file (proc(5)). */
    public String path() {
        return "/proc/self/fd/" + value();
    }

    @Override
    public void close() {
        int fd = value.getAndSet(-1);
        if (fd >= 0) Syscall.raw(CLOSE, fd);
    }
}

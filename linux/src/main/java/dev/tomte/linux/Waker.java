package dev.tomte.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Waiting for a descriptor to become readable (poll(2)) until somebody wakes all who wait (eventfd(2)). Any thread may
 * call.
 */
public final class Waker implements AutoCloseable {
    private static final long POLL = 7;
    private static final long EVENTFD2 = 290;
    private static final int NONBLOCK_CLOEXEC = 04000 | 02000000;
    private static final short POLLIN = 1;
    private static final int POLLFD_BYTES = 8;
    private static final ThreadLocal<MemorySegment> POLLED =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(2 * POLLFD_BYTES, 8));

    private final Fd event;

    public Waker() throws Errno {
        event = new Fd((int) Syscall.check("eventfd", Syscall.raw(EVENTFD2, 0, NONBLOCK_CLOEXEC)));
    }

    /**
     * Waits until the descriptor is readable or in error.
     *
     * @return false if {@link #wake} was called, now or since the last {@link #clear}
     */
    public boolean await(Fd readable) throws Errno {
        while (true) {
            long ready = poll(readable, -1);
            if (ready == -Errno.EINTR) continue;
            Syscall.check("poll", ready);
            return POLLED.get().get(JAVA_SHORT, POLLFD_BYTES + 6) == 0;
        }
    }

    /** Whether the descriptor is readable or in error now. */
    public boolean isReady(Fd readable) {
        return poll(readable, 0) > 0 && POLLED.get().get(JAVA_SHORT, 6) != 0;
    }

    private long poll(Fd readable, int millis) {
        MemorySegment both = POLLED.get();
        both.set(JAVA_INT, 0, readable.value());
        both.set(JAVA_INT, 4, POLLIN);
        both.set(JAVA_INT, POLLFD_BYTES, event.value());
        both.set(JAVA_INT, POLLFD_BYTES + 4, POLLIN);
        return Syscall.raw(POLL, both.address(), 2, millis);
    }

    /** Ends all waits, and those that begin until {@link #clear}. */
    public void wake() {
        transfer(FileCalls::write);
    }

    public void clear() {
        transfer(FileCalls::read);
    }

    private interface Transfer {
        long run(int fd, long buffer, long bytes);
    }

    private void transfer(Transfer transfer) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment one = arena.allocate(8, 8);
            one.set(JAVA_LONG, 0, 1);
            transfer.run(event.value(), one.address(), 8);
        }
    }

    @Override
    public void close() {
        event.close();
    }
}

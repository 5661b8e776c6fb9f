package dev.tomte.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Wakes a thread that waits in {@link Poll} (eventfd(2)). Any thread. */
public final class EventFd implements AutoCloseable {
    private static final long READ = 0;
    private static final long WRITE = 1;
    private static final long EVENTFD2 = 290;
    private static final int CLOEXEC_NONBLOCK = 0x80000 | 0x800;

    private final Fd fd;

    public EventFd() throws Errno {
        fd = new Fd((int) Syscall.check("eventfd", Syscall.raw(EVENTFD2, 0, CLOEXEC_NONBLOCK)));
    }

    /** Readable from {@link #wake} until {@link #clear}. */
    public Fd fd() {
        return fd;
    }

    public boolean isOpen() {
        return fd.isOpen();
    }

    /** @throws IllegalStateException if it is closed */
    public void wake() {
        io(WRITE, 1);
    }

    public void clear() {
        io(READ, 0);
    }

    private void io(long call, long value) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(8, 8);
            count.set(JAVA_LONG, 0, value);
            Syscall.raw(call, fd.value(), count.address(), 8);
        }
    }

    @Override
    public void close() {
        fd.close();
    }
}

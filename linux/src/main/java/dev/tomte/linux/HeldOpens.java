package dev.tomte.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Files that nobody can open: whoever tries waits until this is closed, or its JVM has ended (fanotify(7), permission
 * events). Any thread may call; this JVM had better not open them itself.
 */
public final class HeldOpens implements AutoCloseable {
    private static final long INIT = 300;
    private static final long MARK = 301;
    private static final int CLASS_CONTENT = 4;
    private static final int CLOEXEC = 1;
    private static final int NONBLOCK = 2;
    private static final int MARK_ADD = 1;
    private static final long OPEN_PERM = 0x10000;
    private static final int O_LARGEFILE = 0100000;

    private final Fd events;

    /** Needs CAP_SYS_ADMIN. */
    public HeldOpens() throws Errno {
        events = new Fd((int)
                Syscall.check("fanotify_init", Syscall.raw(INIT, CLASS_CONTENT | CLOEXEC | NONBLOCK, O_LARGEFILE)));
    }

    /** From now on nobody can open this file. */
    public void hold(Fd file) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = arena.allocateFrom(file.path());
            Syscall.check(
                    "hold opens of a file",
                    Syscall.raw(MARK, events.value(), MARK_ADD, OPEN_PERM, FileCalls.AT_FDCWD, path.address()));
        }
    }

    /** Whoever waits may open them. */
    @Override
    public void close() {
        events.close();
    }
}

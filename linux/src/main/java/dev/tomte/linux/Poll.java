package dev.tomte.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** poll(2) for reading. It blocks the calling thread in the kernel, so that thread should be a platform thread. */
public final class Poll {
    private static final long POLL = 7;
    private static final short POLLIN = 1;
    private static final int POLLFD = 8;

    private Poll() {}

    /**
     * Waits until a descriptor has something to read, has failed or has lost its other end.
     *
     * @param timeout at most so long; zero: does not wait
     * @return the positions of those descriptors in the list; empty after the timeout, or when a signal came
     */
    public static List<Integer> readable(List<Fd> fds, Duration timeout) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment entries = arena.allocate(Math.max(1, POLLFD * (long) fds.size()), 8);
            for (int i = 0; i < fds.size(); i++) {
                entries.set(JAVA_INT, (long) i * POLLFD, fds.get(i).value());
                entries.set(JAVA_SHORT, (long) i * POLLFD + 4, POLLIN);
            }
            int millis = (int) Math.min(Integer.MAX_VALUE, timeout.toMillis());
            long count = Syscall.raw(POLL, entries.address(), fds.size(), millis);
            if (count == -Errno.EINTR) return List.of();
            Syscall.check("poll", count);
            List<Integer> ready = new ArrayList<>();
            for (int i = 0; i < fds.size(); i++) if (entries.get(JAVA_SHORT, (long) i * POLLFD + 6) != 0) ready.add(i);
            return ready;
        }
    }
}

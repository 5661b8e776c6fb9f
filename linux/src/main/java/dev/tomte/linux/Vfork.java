package dev.tomte.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * Finds threads in the middle of vfork(2), which posix_spawn(3) and shells use. The kernel counts such a thread as
 * frozen, but no tracer can stop it before its child has called exec, which a frozen child does not: criu would wait
 * in vain. Thaw for a millisecond and freeze again.
 */
public final class Vfork {
    private static final long STEP_NANOS = 100_000;
    private static final long PATIENCE_NANOS = 1_000_000_000;

    private Vfork() {}

    /**
     * Whether a thread of this process, which is frozen by its cgroup, waits for its child. The kernel counts a thread
     * as frozen from before it begins to wait until after it has been woken, and it may have to wait for a CPU at either
     * end: such a one (R) is looked at until it sleeps, for a second at most; then it is taken for one that waits.
     */
    public static boolean waits(int pid) throws IOException {
        List<Path> threads;
        try (Stream<Path> tasks = Files.list(Path.of("/proc/" + pid + "/task"))) {
            threads = tasks.toList();
        } catch (NoSuchFileException e) {
            return false;
        }
        for (Path thread : threads) if (waits(thread)) return true;
        return false;
    }

    private static boolean waits(Path thread) throws IOException {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (true) {
            char state = state(thread);
            if (state == 'D') return true;
            if (state != 'R') return false;
            if (System.nanoTime() - end > 0) return true;
            LockSupport.parkNanos(STEP_NANOS);
        }
    }

    /** Frozen threads sleep (S); only what cannot be interrupted is D. */
    private static char state(Path thread) throws IOException {
        try {
            String stat = Files.readString(thread.resolve("stat"));
            return stat.charAt(stat.lastIndexOf(')') + 2);
        } catch (NoSuchFileException e) {
            return 'X';
        }
    }
}

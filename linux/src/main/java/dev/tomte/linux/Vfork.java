package dev.tomte.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Finds threads in the middle of vfork(2), which posix_spawn(3) and shells use. The kernel counts such a thread as
 * frozen, but no tracer can stop it before its child has called exec, which a frozen child does not: criu would wait
 * in vain. Thaw for a millisecond and freeze again.
 */
public final class Vfork {
    private Vfork() {}

    /** Whether a thread of this process, which is frozen by its cgroup, waits for its child. */
    public static boolean waits(int pid) throws IOException {
        List<Path> threads;
        try (Stream<Path> tasks = Files.list(Path.of("/proc/" + pid + "/task"))) {
            threads = tasks.toList();
        } catch (NoSuchFileException e) {
            return false;
        }
        for (Path thread : threads) if (state(thread) == 'D') return true;
        return false;
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

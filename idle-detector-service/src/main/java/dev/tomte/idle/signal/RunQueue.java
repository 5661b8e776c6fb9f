package dev.tomte.idle.signal;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.function.Supplier;

/**
 * Reads: the state of every process in the host's cgroup and below it, without the guests' (cgroup.procs, /proc/PID/stat).
 * How often: every 5 s. Why: it is what Sprite judged by, and stands beside our numbers for comparison; no decision
 * looks at it. A sample of instants, so it is coarse, and threads count as their process.
 */
public final class RunQueue implements Signal<RunQueueAverages> {
    private static final Duration EVERY = Duration.ofSeconds(5);

    private final Path host;
    private final Path proc;
    private final Supplier<? extends Collection<Path>> guests;
    private RunQueueAverages averages = new RunQueueAverages(0, 0, 0);
    private long at;
    private boolean begun;

    /**
     * @param host the host's cgroup
     * @param proc /proc
     * @param guests the cgroups of the guests on it now; asked at every reading
     */
    public RunQueue(Path host, Path proc, Supplier<? extends Collection<Path>> guests) {
        this.host = host;
        this.proc = proc;
        this.guests = guests;
    }

    @Override
    public Duration every() {
        return EVERY;
    }

    @Override
    public Reading<RunQueueAverages> read(long now) {
        int running;
        try {
            running = running(host, guests.get());
        } catch (IOException e) {
            return new Reading.Unknown<>("the run queue cannot be read");
        }
        double seconds = begun ? Math.max(0, now - at) / 1e9 : 0;
        averages = begun
                ? new RunQueueAverages(
                        decay(averages.one(), running, seconds / 60),
                        decay(averages.five(), running, seconds / 300),
                        decay(averages.fifteen(), running, seconds / 900))
                : new RunQueueAverages(running, running, running);
        begun = true;
        at = now;
        return new Reading.Known<>(averages, now);
    }

    private static double decay(double average, int running, double periods) {
        double old = Math.exp(-periods);
        return average * old + running * (1 - old);
    }

    private int running(Path cgroup, Collection<Path> foreign) throws IOException {
        if (foreign.contains(cgroup)) return 0;
        int running = 0;
        for (String pid : SmallFile.text(cgroup.resolve("cgroup.procs")).split("\n", -1))
            if (!pid.isBlank() && !pid.equals("0") && isRunning(pid)) running++;
        try (DirectoryStream<Path> children = Files.newDirectoryStream(cgroup, child -> Files.isDirectory(child))) {
            for (Path child : children) {
                try {
                    running += running(child, foreign);
                } catch (NoSuchFileException e) {
                    // removed just now
                }
            }
        }
        return running;
    }

    private boolean isRunning(String pid) {
        try {
            // the name in parentheses may hold anything, also parentheses
            String stat = SmallFile.text(proc.resolve(pid).resolve("stat"));
            int end = stat.lastIndexOf(')');
            return end > 0 && stat.startsWith(" R", end + 1);
        } catch (IOException e) {
            return false; // it has ended: the kernel answers ENOENT or ESRCH
        }
    }
}

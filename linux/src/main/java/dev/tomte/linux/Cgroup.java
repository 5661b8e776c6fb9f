package dev.tomte.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** A cgroup of the v2 hierarchy, through its core files only: no controller is needed (cgroups(7)). */
public record Cgroup(Path directory) {
    private static final long KILL = 62;
    private static final int SIGKILL = 9;
    private static final Duration STEP = Duration.ofNanos(100_000);

    /** Where the v2 hierarchy is mounted: alone, or beside v1 ones. */
    public static Path mount() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
            String[] fields = line.split(" ");
            int dash = List.of(fields).indexOf("-");
            if (dash > 4 && fields[dash + 1].equals("cgroup2") && fields[3].equals("/")) return Path.of(fields[4]);
        }
        throw new IOException("no cgroup v2 hierarchy is mounted (/proc/self/mountinfo)");
    }

    /** Makes it, with those above it, unless it is there. */
    public Cgroup create() throws IOException {
        Files.createDirectories(directory);
        return this;
    }

    public Cgroup child(String name) {
        return new Cgroup(directory.resolve(name));
    }

    public boolean exists() {
        return Files.isDirectory(directory);
    }

    /** The path below the hierarchy's mount, as /proc/PID/cgroup says it. */
    public String path() throws IOException {
        return "/" + mount().relativize(directory);
    }

    public void add(int pid) throws IOException {
        write("cgroup.procs", Integer.toString(pid));
    }

    /** PIDs of the processes in it, not below it; 0 stands for one that this PID namespace does not see. */
    public List<Integer> processes() throws IOException {
        return read("cgroup.procs").lines().map(Integer::parseInt).toList();
    }

    /** Whether a living process is in it or below it. */
    public boolean isPopulated() throws IOException {
        return events("populated");
    }

    /** Asks all its tasks to stop; some may still run: see {@link #awaitFrozen}. */
    public void freeze() throws IOException {
        write("cgroup.freeze", "1");
    }

    public void thaw() throws IOException {
        write("cgroup.freeze", "0");
    }

    /** Whether every task of it stands still. */
    public boolean isFrozen() throws IOException {
        return events("frozen");
    }

    /** Whether it is, or is becoming, frozen. */
    public boolean isFreezing() throws IOException {
        return read("cgroup.freeze").strip().equals("1");
    }

    /** Waits for the state; false if it has not come in time. */
    public boolean awaitFrozen(boolean frozen, Duration patience) throws IOException {
        return await("frozen", frozen, patience);
    }

    public boolean awaitEmpty(Duration patience) throws IOException {
        return await("populated", false, patience);
    }

    /** SIGKILL to every process in it and below it, frozen ones too. */
    public void kill() throws IOException {
        write("cgroup.kill", "1");
    }

    /**
     * SIGKILL to each process in it, not below it, until none is left. For a cgroup that a task is to be cloned into later:
     * since 6.14 the kernel kills such a task at once if {@link #kill} was used there more often than where it comes from.
     *
     * @return false if some are left after that time
     */
    public boolean killEach(Duration patience) throws IOException {
        long end = System.nanoTime() + patience.toNanos();
        for (; isPopulated(); LockSupport.parkNanos(STEP.toNanos())) {
            if (System.nanoTime() - end > 0) return false;
            for (int pid : processes()) if (pid > 0) Syscall.raw(KILL, pid, SIGKILL);
        }
        return true;
    }

    /** CPU time of all that ever ran in it, microseconds. */
    public long cpuMicros() throws IOException {
        for (String line : read("cpu.stat").lines().toList())
            if (line.startsWith("usage_usec "))
                return Long.parseLong(line.substring(11).strip());
        throw new IOException(directory + "/cpu.stat says no usage_usec");
    }

    /** Removes it with all below it, killing what is left; nothing if it is not there. */
    public void remove(Duration patience) throws IOException {
        if (!exists()) return;
        kill();
        if (!awaitEmpty(patience)) throw new IOException(directory + ": processes do not end: " + all());
        for (Path below : List.copyOf(directories()).reversed()) removeEmpty(below, patience);
    }

    private List<Path> directories() throws IOException {
        try (Stream<Path> below = Files.walk(directory)) {
            return below.filter(Files::isDirectory).toList();
        }
    }

    private List<Integer> all() throws IOException {
        List<Integer> all = new ArrayList<>();
        for (Path below : directories()) all.addAll(new Cgroup(below).processes());
        return all;
    }

    /** Removes one of whichever hierarchy, which may stay busy for a moment after its last process has gone. */
    public static void removeEmpty(Path cgroup, Duration patience) throws IOException {
        long end = System.nanoTime() + patience.toNanos();
        while (true) {
            try {
                Files.deleteIfExists(cgroup);
                return;
            } catch (IOException e) {
                if (System.nanoTime() - end > 0) throw e;
                LockSupport.parkNanos(1_000_000);
            }
        }
    }

    private boolean await(String event, boolean wanted, Duration patience) throws IOException {
        long end = System.nanoTime() + patience.toNanos();
        while (events(event) != wanted) {
            if (System.nanoTime() - end > 0) return false;
            LockSupport.parkNanos(STEP.toNanos());
        }
        return true;
    }

    private boolean events(String event) throws IOException {
        for (String line : read("cgroup.events").lines().toList())
            if (line.startsWith(event + " ")) return line.endsWith(" 1");
        throw new NoSuchFileException(directory + "/cgroup.events", null, "says nothing of " + event);
    }

    private String read(String file) throws IOException {
        return Files.readString(directory.resolve(file));
    }

    private void write(String file, String value) throws IOException {
        Files.writeString(directory.resolve(file), value, StandardOpenOption.WRITE);
    }
}

package dev.tomte.agent.kubernetes;

import dev.tomte.agent.pod.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The kernel's kills for want of memory in a container's cgroup, as a container runtime sees them too.
 *
 * @param directory the cgroup
 * @param limit its file with the bound, bytes
 * @param usage its file with what is used, bytes
 * @param events its file with the line {@code oom_kill COUNT}
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v2.html">cgroup v2, memory.events</a>
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v1/memory.html">cgroup v1, memory.oom_control</a>
 */
record OutOfMemory(Path directory, Path limit, Path usage, Path events) {
    private static final String KILLS = "oom_kill ";
    /** Ours: room for the program that is to use it up to begin in. */
    private static final long ROOM = 4L << 20;
    /** As a shell says SIGKILL. */
    private static final int KILLED = 137;
    /** Ours: a kill takes milliseconds. */
    private static final long ENDS_WITHIN_SECONDS = 5;

    private OutOfMemory(Path directory, String limit, String usage, String events) {
        this(directory, directory.resolve(limit), directory.resolve(usage), directory.resolve(events));
    }

    /** Where its memory is counted; empty: it is not there any more, or nothing counts it. */
    private static Optional<OutOfMemory> of(Pod pod) {
        return Stream.concat(
                        pod.besides().stream()
                                .map(one -> new OutOfMemory(
                                        one, "memory.limit_in_bytes", "memory.usage_in_bytes", "memory.oom_control")),
                        Stream.of(new OutOfMemory(
                                pod.cgroup().directory(), "memory.max", "memory.current", "memory.events")))
                .filter(one -> Files.exists(one.limit))
                .findFirst();
    }

    /** Whether something was killed there. */
    static boolean in(Pod pod) {
        return of(pod).filter(one -> one.kills() > 0).isPresent();
    }

    private long kills() {
        try (Stream<String> lines = Files.lines(events)) {
            return lines.filter(line -> line.startsWith(KILLS))
                    .mapToLong(line -> Long.parseLong(line.substring(KILLS.length())))
                    .sum();
        } catch (IOException e) {
            // it has gone meanwhile
            return 0;
        }
    }

    /**
     * Lets a program use up what is left there, little as it is then. The kernel kills it, or, where the runtime asks for
     * that (memory.oom.group), all that is there.
     */
    static void happen(Pod pod) throws IOException {
        OutOfMemory there = of(pod).orElseThrow(() -> new IOException("nothing counts its memory"));
        long used = Long.parseLong(Files.readString(there.usage).strip());
        // before anything begins to use it up
        Files.writeString(there.limit, Long.toString(used + ROOM), StandardOpenOption.WRITE);
        Process eats = new ProcessBuilder(List.of(
                        "/bin/sh",
                        "-c",
                        "echo 1000 >/proc/self/oom_score_adj && echo 0 >\"$0/cgroup.procs\" && exec tail /dev/zero",
                        there.directory.toString()))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            if (!eats.waitFor(ENDS_WITHIN_SECONDS, TimeUnit.SECONDS) || eats.exitValue() != KILLED)
                throw new IOException("nothing was killed");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            eats.destroyForcibly();
        }
    }
}

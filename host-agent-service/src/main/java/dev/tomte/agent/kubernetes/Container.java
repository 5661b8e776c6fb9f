package dev.tomte.agent.kubernetes;

import dev.tomte.agent.pod.CpuShare;
import dev.tomte.agent.pod.Pod;
import dev.tomte.agent.pod.PodRecord;
import dev.tomte.linux.Cgroup;
import dev.tomte.linux.Errno;
import dev.tomte.linux.ProcFs;
import dev.tomte.stub.StubConnection;
import dev.tomte.stub.StubSocket;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A container of this node by its first process. The agent must see the node's processes (hostPID) and its cgroups.
 *
 * @param id as the runtime has it, without its name before it
 * @param pid of its first process, in the agent's PID namespace
 */
record Container(String id, int pid) {
    private static final Path PROC = Path.of("/proc");
    /** So long the stub waits for its agent. */
    private static final Duration LISTENS_WITHIN = Duration.ofSeconds(10);

    private static final Duration ANSWERS_WITHIN = Duration.ofSeconds(5);

    /** The container whose first process is there; empty: there is none now. */
    static Optional<Container> find(String id) throws IOException {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path one : all) {
                int pid = Integer.parseInt(one.getFileName().toString());
                ProcFs process = new ProcFs(pid);
                boolean within =
                        process.read("cgroup").filter(text -> text.contains(id)).isPresent();
                // those that were entered from outside have other PIDs in it
                if (within
                        && process.innermostPid().filter(inside -> inside == 1).isPresent())
                    return Optional.of(new Container(id, pid));
            }
        }
        return Optional.empty();
    }

    /** Waits for its stub: a runtime calls a container running when its first process has hardly begun. */
    void awaitListening() throws IOException {
        StubSocket socket = new StubSocket.Named(pid, Marks.SOCKET);
        long began = System.nanoTime();
        while (true) {
            try {
                StubConnection.open(socket, pid, ANSWERS_WITHIN, event -> {}).close();
                return;
            } catch (Errno e) {
                boolean mayBegin =
                        e.code() == Errno.ECONNREFUSED && System.nanoTime() - began < LISTENS_WITHIN.toNanos();
                if (!mayBegin) throw e;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
    }

    /**
     * A pod that it is, or was: what has ended is charged for nothing any more.
     *
     * @param ours the pod's cgroup outside of this container's
     */
    Pod pod(PodRecord record, Path directory, StubSocket socket, Cgroup ours) {
        Cgroup own;
        List<Path> charges;
        try {
            own = unified().orElse(ours);
            charges = charges();
        } catch (IOException e) {
            own = ours;
            charges = List.of();
        }
        return new Pod(
                record,
                directory,
                socket,
                own,
                // a container may see its own cgroups only, and nothing is cloned into one of them by who is in none of
                // them
                own.child("tools"),
                ours.child("dumps"),
                // by what its pod asks for
                new CpuShare(null),
                charges);
    }

    /** Its cgroup of the v2 hierarchy; empty where its runtime uses v1 only. */
    Optional<Cgroup> unified() throws IOException {
        for (String line : lines()) {
            if (line.startsWith("0::") && line.contains(id))
                return Optional.of(new Cgroup(Cgroup.mount().resolve(line.substring(4))));
        }
        return Optional.empty();
    }

    /** Its cgroups of v1 hierarchies: there are its limits, where they are used. */
    List<Path> charges() throws IOException {
        List<Path> all = new ArrayList<>();
        for (String line : lines()) {
            String[] parts = line.split(":", 3);
            if (parts.length < 3 || parts[1].isEmpty() || !parts[2].contains(id)) continue;
            for (Path mount : mounts(parts[1])) {
                Path directory = mount.resolve(parts[2].substring(1));
                if (Files.isDirectory(directory)) {
                    all.add(directory);
                    break;
                }
            }
        }
        return all;
    }

    private List<String> lines() throws IOException {
        return new ProcFs(pid)
                .read("cgroup")
                .orElseThrow(() -> new IOException("container " + id + " has ended"))
                .lines()
                .toList();
    }

    /** Where a v1 hierarchy is mounted, by its controllers or its name. */
    private static List<Path> mounts(String controllers) throws IOException {
        List<Path> found = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
            String[] fields = line.split(" ");
            int dash = List.of(fields).indexOf("-");
            if (dash < 5 || dash + 3 >= fields.length || !fields[dash + 1].equals("cgroup")) continue;
            List<String> options = List.of(fields[dash + 3].split(","));
            if (options.containsAll(List.of(controllers.split(",")))) found.add(Path.of(fields[4]));
        }
        return found;
    }
}

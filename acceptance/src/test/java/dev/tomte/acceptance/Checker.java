package dev.tomte.acceptance;

import dev.tomte.contracts.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;

/**
 * Reads the cgroups of all hosts, again and again, while a fault happens: of every process at most one copy may be able
 * to run at any time.
 */
final class Checker implements AutoCloseable {
    private static final int FLAGS = 6;
    private static final long PF_EXITING = 4;
    private static final long SIGKILL = 1L << 8;

    private final List<String> processes;
    private final Path cgroups;
    /** Whose a pod is, never changes. */
    private final Map<Path, String> owners = new ConcurrentHashMap<>();

    /** Trees that stood still after they were told to, and have not been told anything else. */
    private final Set<Path> stood = ConcurrentHashMap.newKeySet();

    private final Set<String> violations = new ConcurrentSkipListSet<>();
    private final Thread thread;
    private volatile boolean stopping;

    Checker(List<String> processes) throws IOException {
        this.processes = processes;
        cgroups = cgroups();
        thread = Thread.ofPlatform().daemon().start(this::watch);
    }

    /** The fleet's own, with one for each host below. */
    static Path cgroups() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
                .filter(line -> line.contains(" - cgroup2 "))
                .map(line -> Path.of(List.of(line.split(" ", -1)).get(4)))
                .findFirst()
                .orElseThrow()
                .resolve("tomte")
                .resolve(Fleet.name());
    }

    private void watch() {
        while (!stopping) {
            processes.forEach(this::look);
            try {
                Thread.sleep(2);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void look(String process) {
        List<String> runnable = runnable(process);
        if (runnable.size() < 2) return;
        // what is read one after the other may have changed between: a copy that ran at both readings counts
        runnable.retainAll(runnable(process));
        if (runnable.size() > 1) violations.add(process + " at " + runnable + ": " + tasks(process));
    }

    private Path tree(String host, String pod) {
        return cgroups.resolve(host)
                .resolve(pod.startsWith("g-") ? "guests" : "")
                .resolve(pod)
                .resolve("tree");
    }

    /** The pods whose tree is not frozen and has a task that is not about to die. */
    List<String> runnable(String process) {
        List<String> all = new ArrayList<>();
        for (String host : Fleet.HOSTS)
            for (String pod : pods(host, process)) {
                Path tree = tree(host, pod);
                if (!stands(tree)
                        && !isRestored(host, pod)
                        && read(tree.resolve("cgroup.procs")).lines().anyMatch(Checker::canRun))
                    all.add(host + "/" + pod);
            }
        return all;
    }

    /** What restores has not ended, and so has let nothing run yet; what waits to dump is there while the tree runs. */
    private boolean isRestored(String host, String pod) {
        Path tools = pod.startsWith("g-")
                ? cgroups.resolve(host).resolve("tools").resolve(pod)
                : cgroups.resolve(host).resolve(pod).resolve("tools");
        return read(tools.resolve("cgroup.procs"))
                .lines()
                .anyMatch(pid -> read(Path.of("/proc", pid, "cmdline")).contains("criu\0restore\0"));
    }

    /**
     * When one task of a frozen tree is killed, the kernel calls the tree frozen no more. The others wake up for that, and
     * stop again before a line of their program has run, for as long as the tree is told to stand; on busy processors it
     * can be a while until they do.
     */
    private boolean stands(Path tree) {
        boolean told = read(tree.resolve("cgroup.freeze")).startsWith("1");
        boolean frozen = read(tree.resolve("cgroup.events")).contains("frozen 1");
        if (!told) stood.remove(tree);
        else if (frozen) stood.add(tree);
        return frozen || stood.contains(tree);
    }

    /** What the tasks of all copies are at, as it is a moment after it was noticed. */
    private List<String> tasks(String process) {
        List<String> all = new ArrayList<>();
        for (String host : Fleet.HOSTS)
            for (String pod : pods(host, process))
                read(tree(host, pod).resolve("cgroup.procs")).lines().forEach(pid -> {
                    String stat = read(Path.of("/proc", pid, "stat"));
                    String state = stat.substring(Math.max(0, stat.lastIndexOf(')')));
                    all.add("%s/%s %s %.30s in %s"
                            .formatted(host, pod, pid, state, read(Path.of("/proc", pid, "wchan"))));
                });
        return all;
    }

    /** A killed task is in its cgroup, and not frozen, until it is gone; but it runs not a line more of its program. */
    private static boolean canRun(String pid) {
        Path directory = Path.of("/proc", pid);
        String stat = read(directory.resolve("stat"));
        if (stat.isEmpty()) return false;
        List<String> fields = List.of(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1));
        boolean ends = (Long.parseLong(fields.get(FLAGS)) & PF_EXITING) != 0;
        return !ends
                && !List.of("Z", "X").contains(fields.getFirst())
                && !isKilled(directory)
                && !isTraced(directory)
                && !isFrozen(directory);
    }

    /** When one task of a frozen tree has been killed, the kernel calls the tree frozen no more; the others stand on. */
    private static boolean isFrozen(Path directory) {
        // where the freezer's trap is, which compilers make a part of its caller
        return List.of("do_freezer_trap", "get_signal").contains(read(directory.resolve("wchan")));
    }

    /** criu has it: it runs criu's code, if any. A dump lets go of its tasks while the copy is restored already. */
    private static boolean isTraced(Path directory) {
        return read(directory.resolve("status"))
                .lines()
                .anyMatch(line -> line.startsWith("TracerPid:") && !line.endsWith("\t0"));
    }

    private static boolean isKilled(Path directory) {
        return read(directory.resolve("status"))
                .lines()
                .filter(line -> line.startsWith("SigPnd:") || line.startsWith("ShdPnd:"))
                .map(line -> Long.parseUnsignedLong(
                        line.substring(line.indexOf(':') + 1).strip(), 16))
                .anyMatch(pending -> (pending & SIGKILL) != 0);
    }

    /** The pods that a host has for a process, whether they live or not. */
    List<String> pods(String host, String process) {
        Path directory = Fleet.run().resolve(host).resolve("pods");
        if (!Files.isDirectory(directory)) return List.of();
        try (Stream<Path> all = Files.list(directory)) {
            return all.filter(pod -> ownerOf(pod).equals(process))
                    .map(pod -> pod.getFileName().toString())
                    .toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    /** Empty as long as it cannot be told. */
    private String ownerOf(Path pod) {
        String known = owners.get(pod);
        if (known != null) return known;
        try {
            String owner = Json.mapper()
                    .readTree(read(pod.resolve("pod.json")))
                    .path("process")
                    .asString("");
            if (!owner.isEmpty()) owners.put(pod, owner);
            return owner;
        } catch (JacksonException e) {
            return "";
        }
    }

    /** Empty for a file that is not there (any more). */
    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "";
        }
    }

    void assertNeverTwo() {
        if (!violations.isEmpty()) throw new AssertionError("two copies could run: " + violations);
    }

    @Override
    public void close() {
        stopping = true;
        thread.interrupt();
    }
}

package dev.tomte.acceptance;

import dev.tomte.contracts.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;

/**
 * Reads the cgroups of all hosts, again and again, while a fault happens: of one process at most one copy may be able
 * to run at any time.
 */
final class Checker implements AutoCloseable {
    private final String process;
    private final Path cgroups;
    private final Set<String> violations = new ConcurrentSkipListSet<>();
    private final Thread thread;
    private volatile boolean stopping;

    Checker(String process) throws IOException {
        this.process = process;
        cgroups = Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
                .filter(line -> line.contains(" - cgroup2 "))
                .map(line -> Path.of(List.of(line.split(" ", -1)).get(4)))
                .findFirst()
                .orElseThrow()
                .resolve("tomte")
                .resolve(Fleet.name());
        thread = Thread.ofPlatform().daemon().start(this::watch);
    }

    private void watch() {
        while (!stopping) {
            List<String> runnable = runnable();
            if (runnable.size() > 1) {
                // what is read one after the other may have changed between: a copy that ran at both readings counts
                List<String> again = runnable();
                runnable.retainAll(again);
                if (runnable.size() > 1) violations.add(runnable.toString());
            }
            try {
                Thread.sleep(2);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** The pods whose tree has a task and is not frozen. */
    List<String> runnable() {
        List<String> all = new ArrayList<>();
        for (String host : Fleet.HOSTS)
            for (String pod : pods(host)) {
                Path tree = cgroups.resolve(host).resolve(pod).resolve("tree");
                if (!read(tree.resolve("cgroup.procs")).isBlank()
                        && read(tree.resolve("cgroup.events")).contains("frozen 0")
                        && !read(tree.resolve("cgroup.procs")).isBlank()) all.add(host + "/" + pod);
            }
        return all;
    }

    /** The pods that a host has for the process, whether they live or not. */
    List<String> pods(String host) {
        Path directory = Fleet.run().resolve(host).resolve("pods");
        if (!Files.isDirectory(directory)) return List.of();
        try (Stream<Path> all = Files.list(directory)) {
            return all.filter(pod -> {
                        try {
                            return Json.mapper()
                                    .readTree(read(pod.resolve("pod.json")))
                                    .path("process")
                                    .asString("")
                                    .equals(process);
                        } catch (JacksonException e) {
                            return false;
                        }
                    })
                    .map(pod -> pod.getFileName().toString())
                    .toList();
        } catch (IOException e) {
            return List.of();
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
        if (!violations.isEmpty()) throw new AssertionError("two copies of " + process + " could run: " + violations);
    }

    @Override
    public void close() {
        stopping = true;
        thread.interrupt();
    }
}

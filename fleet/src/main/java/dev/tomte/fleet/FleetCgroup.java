package dev.tomte.fleet;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The v2 cgroup that holds every process of the fleet: its services and its pods. Whatever they have started, and
 * whoever has died meanwhile, is still in it.
 */
final class FleetCgroup {
    private final Path hierarchy;
    private final String besides;
    private final Path directory;

    FleetCgroup(Layout layout) {
        hierarchy = hierarchy();
        directory = hierarchy.resolve(layout.cgroup());
        besides = layout.cgroup().replace('/', '.') + ".";
    }

    Path hierarchyMount() {
        return hierarchy;
    }

    Path service(String name) {
        return directory.resolve("services").resolve(name);
    }

    Path directory() {
        return directory;
    }

    private static Path hierarchy() {
        try {
            return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
                    .filter(line -> line.contains(" - cgroup2 "))
                    .map(line -> Path.of(line.split(" ", -1)[4]))
                    .findFirst()
                    .orElseThrow(() -> new FleetException(
                            "no cgroup v2 hierarchy is mounted: mount -t cgroup2 none /sys/fs/cgroup/unified"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The hosts' groups in the v1 hierarchies, which they have there for what guests may take; deepest first. */
    List<Path> besides() throws IOException {
        List<Path> all = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
            if (!line.contains(" - cgroup ")) continue;
            all.addAll(besides(Path.of(line.split(" ", -1)[4])));
        }
        return all;
    }

    private List<Path> besides(Path mount) throws IOException {
        try (Stream<Path> hosts = Files.list(mount)) {
            List<Path> all = new ArrayList<>();
            for (Path host : hosts.filter(it -> it.getFileName().toString().startsWith(besides))
                    .toList())
                try (Stream<Path> groups = Files.walk(host)) {
                    groups.filter(Files::isDirectory)
                            .sorted(Comparator.reverseOrder())
                            .forEach(all::add);
                }
            return all;
        }
    }

    private void destroyBesides() throws IOException {
        Instant deadline = Instant.now().plus(Duration.ofSeconds(20));
        for (List<Path> left = besides(); !left.isEmpty(); left = besides()) {
            left.forEach(FleetCgroup::removeIfEmpty);
            if (Instant.now().isAfter(deadline)) throw new FleetException("cgroups stay: " + left);
            pause();
        }
    }

    /** Kills all that is in it and removes it; nothing happens if it is not there. */
    void destroy() throws IOException {
        destroyAll();
        destroyBesides();
    }

    private void destroyAll() throws IOException {
        if (!Files.isDirectory(directory)) return;
        Files.writeString(directory.resolve("cgroup.kill"), "1");
        Instant deadline = Instant.now().plus(Duration.ofSeconds(20));
        while (!remove()) {
            if (Instant.now().isAfter(deadline))
                throw new FleetException("processes in " + directory + " do not die: " + populated());
            pause();
        }
        Path parent = directory.getParent();
        if (parent != null) removeIfEmpty(parent);
    }

    private List<String> populated() throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            return all.filter(path -> path.endsWith("cgroup.procs"))
                    .flatMap(path -> {
                        try {
                            return Files.readAllLines(path).stream();
                        } catch (IOException e) {
                            return Stream.empty();
                        }
                    })
                    .toList();
        }
    }

    /** Deepest first; false while something is still in use. */
    private boolean remove() throws IOException {
        List<Path> deepestFirst;
        try (Stream<Path> all = Files.walk(directory)) {
            deepestFirst = all.filter(Files::isDirectory)
                    .sorted(Comparator.reverseOrder())
                    .toList();
        } catch (UncheckedIOException e) {
            // a cgroup went while it was walked through
            return false;
        }
        boolean all = true;
        for (Path cgroup : deepestFirst) all &= removeIfEmpty(cgroup);
        return all;
    }

    private static boolean removeIfEmpty(Path cgroup) {
        try {
            Files.deleteIfExists(cgroup);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static void pause() {
        try {
            Thread.sleep(20);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FleetException("interrupted");
        }
    }
}

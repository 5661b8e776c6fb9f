package dev.tomte.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How much memory the cgroups of this process let it have, beside what the machine has. Files on a tmpfs count for who has
 * written them.
 *
 * @param cgroup of the memory controller, its own
 * @param mount of the controller's hierarchy
 * @param isV2 whether that is the v2 one
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v2.html">cgroup v2, memory</a>
 */
public record MemoryBound(Path cgroup, Path mount, boolean isV2) {
    /** v1 says so where there is no bound: the largest number of pages, in bytes. */
    private static final long NONE = 1L << 62;

    /**
     * Bytes that it may have more; cached files that the kernel would drop are not counted, as kubelets do not. Very many
     * if nothing bounds it.
     */
    public static long left() throws IOException {
        Optional<Controller> memory = Controller.find("memory");
        if (memory.isEmpty()) return Long.MAX_VALUE;
        Controller controller = memory.get();
        String own = own(Files.readAllLines(Path.of("/proc/self/cgroup")), controller.isV2());
        return new MemoryBound(
                        controller.mount().resolve(own.substring(1)).normalize(), controller.mount(), controller.isV2())
                .leftOnTheWayUp();
    }

    /** @param lines of /proc/PID/cgroup */
    static String own(List<String> lines, boolean isV2) {
        return lines.stream()
                .map(line -> line.split(":", 3))
                .filter(parts -> parts.length == 3
                        && (isV2
                                ? parts[1].isEmpty()
                                : List.of(parts[1].split(",")).contains("memory")))
                .map(parts -> parts[2])
                .findFirst()
                .orElse("/");
    }

    long leftOnTheWayUp() throws IOException {
        long least = Long.MAX_VALUE;
        for (Path at = cgroup; at != null && at.startsWith(mount); at = at.getParent())
            least = Math.min(least, leftIn(at));
        return least;
    }

    private long leftIn(Path at) throws IOException {
        Path bound = at.resolve(isV2 ? "memory.max" : "memory.limit_in_bytes");
        // a hierarchy's root has none, and where others' cgroups are not seen they bound nothing that could be told
        if (!Files.exists(bound)) return Long.MAX_VALUE;
        String said = Files.readString(bound).strip();
        if (said.equals("max") || Long.parseLong(said) >= NONE) return Long.MAX_VALUE;
        String usage = isV2 ? "memory.current" : "memory.usage_in_bytes";
        long used = Long.parseLong(Files.readString(at.resolve(usage)).strip()) - dropped(at);
        return Math.max(0, Long.parseLong(said) - used);
    }

    private long dropped(Path at) throws IOException {
        String what = isV2 ? "inactive_file " : "total_inactive_file ";
        try (Stream<String> lines = Files.lines(at.resolve("memory.stat"))) {
            return lines.filter(line -> line.startsWith(what))
                    .mapToLong(line -> Long.parseLong(line.substring(what.length())))
                    .sum();
        }
    }
}

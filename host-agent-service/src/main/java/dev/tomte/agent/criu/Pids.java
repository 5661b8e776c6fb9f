package dev.tomte.agent.criu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The PIDs that images need in their pod, in ascending order; the others are left for what runs there for us.
 *
 * @param taken sorted
 */
record Pids(List<Integer> taken) {
    /** After this one criu has its own, unless the tree has some there. */
    static final int FIRST_OURS = 30000;

    /** Below it the kernel gives none a second time. */
    static final int FIRST_FREE = 300;

    private static final Pattern CORE = Pattern.compile("core-(\\d+)\\.img");
    /** So many processes and threads criu has at most while it restores. */
    private static final int ROOM = 200;

    static Pids of(Path images) throws IOException {
        try (Stream<Path> all = Files.list(images)) {
            return new Pids(all.map(file -> CORE.matcher(file.getFileName().toString()))
                    .filter(Matcher::matches)
                    .map(name -> Integer.parseInt(name.group(1)))
                    .sorted()
                    .toList());
        }
    }

    /** Whether criu's, which begin after that one, are not among them. */
    boolean areApartFrom(int last) {
        return taken.stream().noneMatch(pid -> pid > last && pid <= last + ROOM);
    }

    /** A PID after which there is room for criu's own: above 30000, or in the widest gap between those of the images. */
    int apart() throws IOException {
        int last = FIRST_FREE;
        int bestAfter = FIRST_OURS;
        int widest = 0;
        if (taken.isEmpty() || taken.getLast() < FIRST_OURS) return FIRST_OURS;
        for (int pid : Stream.concat(taken.stream(), Stream.of(32700)).toList()) {
            if (pid - last > widest) {
                widest = pid - last;
                bestAfter = last;
            }
            last = Math.max(last, pid);
        }
        if (widest < ROOM) throw new IOException("it has so many processes that there is no room for criu");
        return bestAfter;
    }

    /** The highest that is not among criu's; if there is none, {@link #FIRST_FREE}. */
    int last() {
        return taken.stream()
                .filter(pid -> pid < FIRST_OURS)
                .reduce((one, next) -> next)
                .orElse(FIRST_FREE);
    }
}

package dev.tomte.idle;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * Where a host shows its owner.
 *
 * @param input the directory of its input devices
 * @param terminals the directories of its terminals
 * @param sessions logind's sessions
 * @param inhibitors logind's inhibitors
 * @param cgroup its v2 cgroup
 * @param cores how many it has
 * @param memory bytes that it has left, where that is fixed by configuration; empty: what the machine has left
 * @param guests the cgroups of the guests on it now, each below {@code cgroup}; asked every second by the detector's
 *     thread; must be quick
 */
public record Watched(
        Path input,
        List<Path> terminals,
        Path sessions,
        Path inhibitors,
        Path cgroup,
        int cores,
        OptionalLong memory,
        Supplier<? extends Collection<Path>> guests) {

    public Watched {
        terminals = List.copyOf(terminals);
        if (cores < 1) throw new IllegalArgumentException("a host has at least one core, not " + cores);
    }

    /**
     * A machine of its own.
     *
     * @param root where its /dev and /run are
     * @param cgroup where its v2 hierarchy is mounted
     */
    public static Watched machine(Path root, Path cgroup, int cores, Supplier<? extends Collection<Path>> guests) {
        return new Watched(
                root.resolve("dev/input"),
                List.of(root.resolve("dev/pts"), root.resolve("dev")),
                root.resolve("run/systemd/sessions"),
                root.resolve("run/systemd/inhibit"),
                cgroup,
                cores,
                OptionalLong.empty(),
                guests);
    }

    /** A host of a fleet, whose owner is {@link PlayedOwner played} in a directory. */
    public static Watched played(
            PlayedOwner owner, Path cgroup, int cores, Supplier<? extends Collection<Path>> guests) {
        return new Watched(
                owner.input(),
                List.of(owner.terminals()),
                owner.directory().resolve("sessions"),
                owner.directory().resolve("inhibit"),
                cgroup,
                cores,
                OptionalLong.empty(),
                guests);
    }
}

package dev.tomte.agent.pod;

import dev.tomte.linux.Cgroup;
import java.nio.file.Path;
import java.util.List;

/**
 * One host of a fleet on this machine.
 *
 * @param name its name, and its pods' host name
 * @param root its root file system
 * @param run its runtime directory, on a tmpfs
 * @param logs directory for logs
 * @param tools directory with stub, enter and criu
 * @param cgroup its own
 * @param guestMemory bytes that all guests together may have
 * @param hidden directories of the root that pods see empty
 */
public record FleetHost(
        String name, Path root, Path run, Path logs, Path tools, Cgroup cgroup, long guestMemory, List<String> hidden) {
    public FleetHost {
        hidden = List.copyOf(hidden);
    }

    public Path pods() {
        return run.resolve("pods");
    }
}

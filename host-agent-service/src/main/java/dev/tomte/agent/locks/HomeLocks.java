package dev.tomte.agent.locks;

import dev.tomte.agent.criu.TaskFile;
import dev.tomte.home.HeldKey;
import dev.tomte.home.Keeper;
import dev.tomte.linux.Cgroup;
import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.FileCalls;
import dev.tomte.linux.OpenAt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Locks of a tree in its home pod, where they are this kernel's own. */
public final class HomeLocks implements Locks {
    private static final System.Logger LOG = System.getLogger(HomeLocks.class.getName());
    private static final Set<String> MOVING = Set.of("FLOCK", "OFDLCK");
    /** The flags that a process can change after it has opened a file. */
    private static final int CHANGEABLE = OpenAt.O_APPEND | OpenAt.O_NONBLOCK | OpenAt.O_NOATIME;

    private final Cgroup tree;
    private final Keeper keeper;

    /** @param keeper the home stub */
    public HomeLocks(Cgroup tree, Keeper keeper) {
        this.tree = tree;
        this.keeper = keeper;
    }

    @Override
    public List<String> obstacles(int atHome) throws IOException {
        return obstacles(LockedDescriptor.locked(tree));
    }

    private List<String> obstacles(List<LockedDescriptor> locked) throws IOException {
        List<String> obstacles = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (LockedDescriptor one : locked) {
            List<String> kinds = one.kinds();
            seen.addAll(one.files());
            if (kinds.contains("POSIX"))
                obstacles.add(one.holds("a POSIX file lock, which does not leave its process,"));
            else if (!MOVING.containsAll(kinds)) obstacles.add(one.holds("a file lock of the kind " + kinds));
            else if (!one.isNamed()) obstacles.add(one.holds("a lock of a file without a name"));
            else if (!Files.isRegularFile(one.process().directory().resolve("fd/" + one.number())))
                obstacles.add(one.holds("a file lock, but no regular file's,"));
        }
        withoutDescriptor(seen).forEach(file -> obstacles.add("it holds a file lock by no descriptor: " + file));
        return obstacles;
    }

    /**
     * Locks by no descriptor, but for flock(2): that one its process cannot give back any more, and every JVM holds it on
     * its performance data, which it maps and closes (hotspot, perfMemory_posix.cpp). It does not move.
     */
    private Set<String> withoutDescriptor(Set<String> seen) throws IOException {
        Set<String> processes = tree.processes().stream().map(String::valueOf).collect(Collectors.toSet());
        try (var lines = Files.lines(Path.of("/proc/locks"))) {
            return lines.map(line -> line.strip().split("\\s+", -1))
                    .filter(fields -> fields.length == 8
                            && !fields[1].equals("FLOCK")
                            && processes.contains(fields[4])
                            && !seen.contains(fields[5]))
                    .map(fields -> fields[5])
                    .collect(Collectors.toSet());
        }
    }

    @Override
    public List<HeldFile> hold(int atHome) throws IOException {
        List<LockedDescriptor> locked = LockedDescriptor.locked(tree);
        List<String> obstacles = obstacles(locked);
        if (!obstacles.isEmpty()) throw new IOException(String.join("; ", obstacles));
        List<HeldFile> held = new ArrayList<>();
        for (LockedDescriptor one : locked) {
            try (Fd file = one.duplicate()) {
                keeper.keep(HeldKey.of(one.inside(), one.number()), List.of(file));
            }
            held.add(one.held());
        }
        return held;
    }

    @Override
    public void letGo() {
        try {
            HeldKey.dropAll(keeper);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "the stub goes on keeping locked files: {0}", e.getMessage());
        }
    }

    @Override
    public List<TaskFile> take(List<HeldFile> files) throws IOException {
        List<TaskFile> taken = new ArrayList<>();
        try {
            for (HeldFile file : files) {
                List<Fd> kept = keeper.take(HeldKey.of(file.pid(), file.number()));
                if (kept.isEmpty()) throw new IOException("the home does not hold the locks of " + file);
                taken.add(new TaskFile(file.pid(), file.number(), kept.getFirst()));
                asAway(kept.getFirst(), file);
            }
            return taken;
        } catch (IOException e) {
            taken.forEach(one -> one.file().close());
            throw e;
        }
    }

    /** Away, offset and flags were the guest kernel's business. */
    private static void asAway(Fd here, HeldFile away) throws Errno {
        long result = FileCalls.seek(here.value(), away.position(), 0);
        if (result >= 0) result = FileCalls.fcntl(here.value(), FileCalls.F_SETFL, away.flags() & CHANGEABLE);
        if (result < 0) throw new Errno("give back " + away, (int) -result);
    }

    @Override
    public void adopt(List<HeldFile> files) {}
}

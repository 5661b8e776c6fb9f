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
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Locks of a tree in its home pod, where they are this kernel's own. */
public final class HomeLocks implements Locks {
    private static final System.Logger LOG = System.getLogger(HomeLocks.class.getName());
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final Set<String> MOVING = Set.of("FLOCK", "OFDLCK", "POSIX");
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
            if (!MOVING.containsAll(kinds)) obstacles.add(one.holds("a file lock of the kind " + kinds));
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
    public HeldFiles hold(int atHome) throws IOException {
        List<LockedDescriptor> locked = LockedDescriptor.locked(tree);
        List<String> obstacles = obstacles(locked);
        if (!obstacles.isEmpty()) throw new IOException(String.join("; ", obstacles));
        HeldKey.dropProcesses(keeper);
        List<HeldFile> held = new ArrayList<>();
        for (LockedDescriptor one : locked) {
            if (!one.hasOwn()) continue;
            try (Fd file = one.duplicate()) {
                keeper.keep(HeldKey.of(one.inside(), one.number()), List.of(file));
            }
            held.add(one.held());
        }
        List<ProcessLocks> processes = new ArrayList<>();
        for (List<LockedDescriptor> one : byProcess(locked)) {
            LockedDescriptor first = one.getFirst();
            // nothing is locked on it before the register has been decided
            try (Fd file = reopened(first)) {
                keeper.keep(HeldKey.ofProcess(first.inside(), first.number()), List.of(file));
            }
            processes.add(new ProcessLocks(first.inside(), first.number()));
        }
        return HeldFiles.of(held, processes);
    }

    /** The descriptors by which each process has locked something of each file for itself. */
    private static List<List<LockedDescriptor>> byProcess(List<LockedDescriptor> locked) {
        List<List<LockedDescriptor>> all = new ArrayList<>();
        for (LockedDescriptor one : locked) {
            if (one.ofProcess().isEmpty()) continue;
            all.stream()
                    .filter(others -> others.getFirst().hasTableOf(one)
                            && Bystanders.same(others.getFirst().path(), one.path()))
                    .findFirst()
                    .ifPresentOrElse(others -> others.add(one), () -> all.add(new ArrayList<>(List.of(one))));
        }
        return all;
    }

    /** The same file opened anew, in a way that allows for every lock that the process can have. */
    private static Fd reopened(LockedDescriptor one) throws Errno {
        try {
            return OpenAt.open(one.path(), OpenAt.O_RDWR | OpenAt.O_NONBLOCK);
        } catch (Errno e) {
            // where nobody can write there is no lock for writing
            return OpenAt.open(one.path(), OpenAt.O_RDONLY | OpenAt.O_NONBLOCK);
        }
    }

    @Override
    public void letGo() {
        dropping(() -> HeldKey.dropAll(keeper));
    }

    /**
     * A move has been decided; whoever has won has what it holds by now.
     *
     * @param here whether the tree leaves its home, or comes home: then what processes hold is passed on afterwards
     */
    public void decided(boolean here) {
        dropping(() -> {
            if (here) HeldKey.dropFiles(keeper);
            else HeldKey.dropAll(keeper);
        });
    }

    private interface Dropping {
        void run() throws IOException;
    }

    private static void dropping(Dropping what) {
        try {
            what.run();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "the stub goes on keeping locked files: {0}", e.getMessage());
        }
    }

    /** What processes of the copy that stays here have locked passes to the files that home holds for them. */
    @Override
    public void leave() throws IOException {
        List<List<LockedDescriptor>> all = byProcess(LockedDescriptor.locked(tree));
        if (!all.isEmpty()) StandingTree.onThread("leaving-locks", PATIENCE, () -> pass(all));
        HeldKey.dropProcesses(keeper);
    }

    private @Nullable Void pass(List<List<LockedDescriptor>> all) throws IOException {
        List<Fd> files = new ArrayList<>();
        try (StandingTree standing = new StandingTree(tree, true)) {
            for (List<LockedDescriptor> one : all) {
                LockedDescriptor first = one.getFirst();
                files.add(kept(first.inside(), first.number()));
            }
            Bystanders.stand(files, tree.processes(), arena -> {
                for (int i = 0; i < files.size(); i++) {
                    for (LockedDescriptor one : all.get(i)) {
                        for (LockedRange range : one.ofProcess()) {
                            standing.lock(one.process().pid(), one.number(), range.unlock(arena));
                            LockedRange.set(files.get(i), range.lock(arena));
                        }
                    }
                }
            });
        } finally {
            files.forEach(Fd::close);
        }
        return null;
    }

    private Fd kept(int pid, int number) throws IOException {
        List<Fd> kept = keeper.take(HeldKey.ofProcess(pid, number));
        if (kept.isEmpty())
            throw new IOException("the home holds no locks of process " + pid + " by descriptor " + number);
        return kept.getFirst();
    }

    /** What home has held for processes passes to them, which are here now. */
    @Override
    public void arrive() throws IOException {
        List<HeldKey.Descriptor> all = HeldKey.processes(keeper);
        if (!all.isEmpty()) StandingTree.onThread("arriving-locks", PATIENCE, () -> passBack(all));
        HeldKey.dropProcesses(keeper);
    }

    private @Nullable Void passBack(List<HeldKey.Descriptor> all) throws IOException {
        List<Fd> files = new ArrayList<>();
        try (StandingTree standing = new StandingTree(tree, false)) {
            for (HeldKey.Descriptor one : all) files.add(kept(one.pid(), one.number()));
            Bystanders.stand(files, tree.processes(), arena -> {
                for (int i = 0; i < files.size(); i++) {
                    HeldKey.Descriptor one = all.get(i);
                    int pid = standing.pid(one.pid());
                    for (LockedRange range : LockedRange.of(files.get(i))) {
                        LockedRange.set(files.get(i), range.unlock(arena));
                        standing.lock(pid, one.number(), range.lock(arena));
                    }
                }
            });
        } finally {
            files.forEach(Fd::close);
        }
        return null;
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
    public void adopt(HeldFiles held) {}
}

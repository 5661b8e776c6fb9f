package dev.tomte.agent.locks;

import dev.tomte.agent.criu.TaskFile;
import dev.tomte.home.mount.OpenFileLocks;
import dev.tomte.linux.Cgroup;
import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.FileCalls;
import dev.tomte.linux.PidFd;
import dev.tomte.linux.ProcFs;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/** Locks of a tree that is away: its home has them, and is asked through the very descriptors. */
public final class GuestLocks implements Locks {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int O_DIRECT = 040000;

    private final Cgroup tree;

    public GuestLocks(Cgroup tree) {
        this.tree = tree;
    }

    /**
     * An open file that home was asked about.
     *
     * @param processes who has locked something through it for itself, as this host numbers them, and how often
     */
    private record Asked(LockedDescriptor descriptor, OpenFileLocks.Found found, Map<Integer, Integer> processes) {
        boolean isLocked() {
            return found.own() > 0 || isProcessLocked();
        }

        /** Whether its own process has locked something through it for itself. */
        boolean isProcessLocked() {
            return processes.containsKey(descriptor.process().pid());
        }
    }

    /** What one process has locked through one open file for itself, however many descriptors it has of it. */
    private record OfProcess(long handle, int process) {}

    @Override
    public List<String> obstacles(int atHome) throws IOException {
        List<String> obstacles = new ArrayList<>(local());
        if (atHome > 0) inTime(() -> obstacles.addAll(obstacles(ask(LockedDescriptor.all(tree)), atHome)));
        return obstacles;
    }

    /** What is locked in this kernel is no file of home's, or a directory. */
    private List<String> local() throws IOException {
        return LockedDescriptor.locked(tree).stream()
                .map(one -> one.holds("a file lock of this host's kernel"))
                .toList();
    }

    private static List<String> obstacles(List<Asked> all, int atHome) {
        List<String> obstacles = new ArrayList<>();
        Map<Long, Integer> own = new HashMap<>();
        Map<OfProcess, Integer> processes = new HashMap<>();
        for (Asked one : all) {
            OpenFileLocks.Found found = one.found();
            own.put(found.handle(), found.own());
            int pid = one.descriptor().process().pid();
            if (one.isProcessLocked())
                processes.put(
                        new OfProcess(found.handle(), pid), one.processes().get(pid));
            if (one.isLocked() && !one.descriptor().isNamed())
                obstacles.add(one.descriptor().holds("a lock of a file without a name"));
            else if (found.own() > 0 && (one.descriptor().held().flags() & O_DIRECT) != 0)
                obstacles.add(one.descriptor().holds("a lock of a file that was opened with O_DIRECT"));
        }
        int sum = Stream.concat(own.values().stream(), processes.values().stream())
                .mapToInt(Integer::intValue)
                .sum();
        if (obstacles.isEmpty() && sum != atHome)
            obstacles.add("it holds " + atHome + " file locks at its home, " + sum + " of them by its descriptors");
        return obstacles;
    }

    private static List<Asked> ask(List<LockedDescriptor> all) throws Errno {
        List<Asked> asked = new ArrayList<>();
        for (LockedDescriptor one : all) {
            if (!isOfHome(one)) continue;
            try (Fd file = one.duplicate()) {
                OpenFileLocks.Found found = OpenFileLocks.look(file);
                asked.add(new Asked(one, found, found.others() == 0 ? Map.of() : OpenFileLocks.processes(file)));
            } catch (Errno e) {
                // directories, FIFOs, what has been closed meanwhile
                if (e.code() != Errno.EBADF && e.code() != Errno.ENOTTY && e.code() != Errno.ESRCH) throw e;
            }
        }
        return asked;
    }

    /** Whether it is on the mount that leads home. */
    private static boolean isOfHome(LockedDescriptor one) {
        String mount = one.field("mnt_id");
        return one.process()
                .read("mountinfo")
                .orElse("")
                .lines()
                .filter(line -> line.startsWith(mount + " "))
                .anyMatch(line -> line.substring(line.indexOf(" - ") + 3).startsWith("fuse"));
    }

    @Override
    public HeldFiles hold(int atHome) throws IOException {
        List<String> local = local();
        if (!local.isEmpty()) throw new IOException(String.join("; ", local));
        if (atHome == 0) return HeldFiles.NONE;
        return inTime(() -> {
            List<Asked> all = ask(LockedDescriptor.all(tree));
            List<String> obstacles = obstacles(all, atHome);
            if (!obstacles.isEmpty()) throw new IOException(String.join("; ", obstacles));
            List<HeldFile> held = new ArrayList<>();
            Map<OfProcess, ProcessLocks> processes = new LinkedHashMap<>();
            for (Asked one : all) {
                if (!one.isLocked()) continue;
                LockedDescriptor descriptor = one.descriptor();
                int pid = descriptor.process().pid();
                try (Fd file = descriptor.duplicate()) {
                    if (one.found().own() > 0) {
                        OpenFileLocks.hold(file, descriptor.inside(), descriptor.number());
                        held.add(descriptor.held());
                    }
                    ProcessLocks locks = new ProcessLocks(descriptor.inside(), descriptor.number());
                    if (one.isProcessLocked()
                            && processes.putIfAbsent(new OfProcess(one.found().handle(), pid), locks) == null)
                        OpenFileLocks.holdProcess(file, descriptor.inside(), descriptor.number(), pid);
                }
            }
            return HeldFiles.of(held, List.copyOf(processes.values()));
        });
    }

    /** Home forgets it with the open file. */
    @Override
    public void letGo() {}

    @Override
    public List<TaskFile> take(List<HeldFile> files) {
        return List.of();
    }

    @Override
    public void adopt(HeldFiles held) throws IOException {
        if (held.isEmpty()) return;
        inTime(() -> {
            if (!held.files().isEmpty()) adoptFiles(held.files());
            if (!held.processes().isEmpty()) adoptProcesses(held.processes());
            return held;
        });
    }

    private void adoptFiles(List<HeldFile> files) throws IOException {
        Map<Integer, Integer> pids = new HashMap<>();
        for (int pid : tree.processes()) pids.put(new ProcFs(pid).innermostPid().orElse(0), pid);
        for (HeldFile one : files) {
            Integer pid = pids.get(one.pid());
            if (pid == null) throw new IOException("no process " + one.pid() + " was restored");
            try (Fd file = PidFd.descriptor(pid, one.number())) {
                OpenFileLocks.adopt(file, one.pid(), one.number());
            }
        }
    }

    /** Each has to ask for a lock itself: home hears then by what number this kernel calls it as an owner. */
    private void adoptProcesses(List<ProcessLocks> processes) throws IOException {
        try (StandingTree standing = new StandingTree(tree, true);
                Arena arena = Arena.ofConfined()) {
            MemorySegment anything = new LockedRange(false, 0, 0).lock(arena);
            for (ProcessLocks one : processes) {
                int pid = standing.pid(one.pid());
                standing.fcntl(
                        pid,
                        one.number(),
                        FileCalls.F_GETLK,
                        arena.allocate(32, 8).copyFrom(anything));
                try (Fd file = PidFd.descriptor(pid, one.number())) {
                    OpenFileLocks.adoptProcess(file, one.pid(), one.number(), pid);
                }
            }
        }
    }

    /** The register's decision is home's business. */
    @Override
    public void leave() {}

    @Override
    public void arrive() {}

    /** A call through the mount waits for home however long: the move does not. */
    private static <T> T inTime(Callable<T> calls) throws IOException {
        return StandingTree.onThread("guest-locks", PATIENCE, calls);
    }
}

package dev.tomte.agent.locks;

import dev.tomte.linux.Cgroup;
import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.PidFd;
import dev.tomte.linux.ProcFs;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * A descriptor of a process, and what proc(5) says of it.
 *
 * @param inside the process's PID in its pod
 * @param target what it leads to
 * @param info its fdinfo
 */
record LockedDescriptor(ProcFs process, int inside, int number, String target, String info) {
    private static final int KIND = 2;
    private static final int FILE = 6;

    /** Those that this kernel has locks on. */
    static List<LockedDescriptor> locked(Cgroup tree) throws IOException {
        return all(tree, info -> info.contains("\nlock:"));
    }

    /** All that the tree has open. */
    static List<LockedDescriptor> all(Cgroup tree) throws IOException {
        return all(tree, info -> true);
    }

    private static List<LockedDescriptor> all(Cgroup tree, Predicate<String> wanted) throws IOException {
        List<LockedDescriptor> all = new ArrayList<>();
        for (int pid : tree.processes()) {
            ProcFs process = new ProcFs(pid);
            int inside = process.innermostPid().orElse(0);
            if (inside == 0) continue;
            for (int number : process.descriptors()) {
                String info = process.read("fdinfo/" + number).orElse("");
                if (info.isEmpty() || !wanted.test(info)) continue;
                String target = process.link("fd/" + number).orElse("");
                if (!target.isEmpty()) all.add(new LockedDescriptor(process, inside, number, target, info));
            }
        }
        return all;
    }

    /** The kinds of the locks that this kernel has on it: FLOCK, OFDLCK, POSIX, LEASE and the like. */
    List<String> kinds() {
        return lines().stream().map(fields -> fields[KIND]).distinct().toList();
    }

    /** The files that its locks are on, as the kernel writes them: device and inode. */
    List<String> files() {
        return lines().stream().map(fields -> fields[FILE]).toList();
    }

    /** What the process has locked through it for itself. */
    List<LockedRange> ofProcess() {
        return LockedRange.in(info, "POSIX");
    }

    private List<String[]> lines() {
        return info.lines()
                .filter(line -> line.startsWith("lock:"))
                .map(line -> line.split("\\s+", -1))
                .filter(fields -> fields.length > FILE)
                .toList();
    }

    /** A line of its fdinfo, without its name. */
    String field(String name) {
        return info.lines()
                .filter(line -> line.startsWith(name + ":"))
                .map(line -> line.substring(name.length() + 1).strip())
                .findFirst()
                .orElse("0");
    }

    HeldFile held() {
        return new HeldFile(inside, number, Long.parseLong(field("pos")), Integer.parseUnsignedInt(field("flags"), 8));
    }

    /** Whether locks are on the open file itself. */
    boolean hasOwn() {
        return kinds().stream().anyMatch(kind -> !kind.equals("POSIX"));
    }

    /** Whether both processes have the same table of descriptors, which is what POSIX locks belong to. */
    boolean hasTableOf(LockedDescriptor other) {
        return process.equals(other.process) || process.sharesDescriptors(other.process);
    }

    /** Where it is in proc(5). */
    String path() {
        return process.directory() + "/fd/" + number;
    }

    Fd duplicate() throws Errno {
        return PidFd.descriptor(process.pid(), number);
    }

    /** Whether the file still has a name: one without is made anew by a restore. */
    boolean isNamed() {
        return !target.endsWith(" (deleted)") && !target.startsWith("/memfd:");
    }

    String holds(String what) {
        return "process " + inside + " (" + process.name().orElse("?") + ") holds " + what + " on " + target
                + " by descriptor " + number;
    }
}

package dev.tomte.agent.locks;

import dev.tomte.agent.criu.TaskFile;
import dev.tomte.home.mount.OpenFileLocks;
import dev.tomte.linux.Cgroup;
import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.PidFd;
import dev.tomte.linux.ProcFs;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Locks of a tree that is away: its home has them, and is asked through the very descriptors. */
public final class GuestLocks implements Locks {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int O_DIRECT = 040000;

    private final Cgroup tree;

    public GuestLocks(Cgroup tree) {
        this.tree = tree;
    }

    /** An open file that home was asked about. */
    private record Asked(LockedDescriptor descriptor, OpenFileLocks.Found found) {}

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
        for (Asked one : all) {
            OpenFileLocks.Found found = one.found();
            own.put(found.handle(), found.own());
            if (found.others() > 0)
                obstacles.add(one.descriptor().holds("a POSIX file lock, which does not leave its process,"));
            else if (found.own() > 0 && !one.descriptor().isNamed())
                obstacles.add(one.descriptor().holds("a lock of a file without a name"));
            else if (found.own() > 0 && (one.descriptor().held().flags() & O_DIRECT) != 0)
                obstacles.add(one.descriptor().holds("a lock of a file that was opened with O_DIRECT"));
        }
        int sum = own.values().stream().mapToInt(Integer::intValue).sum();
        if (obstacles.isEmpty() && sum != atHome)
            obstacles.add("it holds " + atHome + " file locks at its home, " + sum + " of them by its descriptors");
        return obstacles;
    }

    private static List<Asked> ask(List<LockedDescriptor> all) throws Errno {
        List<Asked> asked = new ArrayList<>();
        for (LockedDescriptor one : all) {
            if (!isOfHome(one)) continue;
            try (Fd file = one.duplicate()) {
                asked.add(new Asked(one, OpenFileLocks.look(file)));
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
    public List<HeldFile> hold(int atHome) throws IOException {
        List<String> local = local();
        if (!local.isEmpty()) throw new IOException(String.join("; ", local));
        if (atHome == 0) return List.of();
        List<HeldFile> held = new ArrayList<>();
        inTime(() -> {
            List<Asked> all = ask(LockedDescriptor.all(tree));
            List<String> obstacles = obstacles(all, atHome);
            if (!obstacles.isEmpty()) throw new IOException(String.join("; ", obstacles));
            for (Asked one : all) {
                if (one.found().own() == 0) continue;
                LockedDescriptor descriptor = one.descriptor();
                try (Fd file = descriptor.duplicate()) {
                    OpenFileLocks.hold(file, descriptor.inside(), descriptor.number());
                }
                held.add(descriptor.held());
            }
            return held;
        });
        return held;
    }

    /** Home forgets it with the open file. */
    @Override
    public void letGo() {}

    @Override
    public List<TaskFile> take(List<HeldFile> files) {
        return List.of();
    }

    @Override
    public void adopt(List<HeldFile> files) throws IOException {
        if (files.isEmpty()) return;
        Map<Integer, Integer> pids = new HashMap<>();
        for (int pid : tree.processes()) pids.put(new ProcFs(pid).innermostPid().orElse(0), pid);
        inTime(() -> {
            for (HeldFile one : files) {
                Integer pid = pids.get(one.pid());
                if (pid == null) throw new IOException("no process " + one.pid() + " was restored");
                try (Fd file = PidFd.descriptor(pid, one.number())) {
                    OpenFileLocks.adopt(file, one.pid(), one.number());
                }
            }
            return files;
        });
    }

    /** A call through the mount waits for home however long: the move does not. */
    private static void inTime(Callable<?> calls) throws IOException {
        FutureTask<?> task = new FutureTask<>(calls);
        Thread.ofPlatform().daemon().name("guest-locks").start(task);
        try {
            task.get(PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            throw new IOException(cause == null ? "home was not asked for locks" : cause.getMessage(), e);
        } catch (TimeoutException e) {
            throw new IOException("home does not say in time which files are locked", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while asking home for locks", e);
        }
    }
}

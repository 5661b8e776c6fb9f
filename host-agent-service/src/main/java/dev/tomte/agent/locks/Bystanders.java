package dev.tomte.agent.locks;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tomte.home.LockGate;
import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.FileCalls;
import dev.tomte.linux.HeldOpens;
import dev.tomte.linux.ProcFs;
import dev.tomte.linux.Standing;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Everybody on this host who could lock some files: they stand still, and nobody else can open these files, while a lock
 * passes from one owner to another, which the kernel knows no call for. It takes a few milliseconds, and nobody can tell.
 * One platform thread.
 */
final class Bystanders implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Bystanders.class.getName());
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final int AT_STATX_DONT_SYNC = 0x4000;
    private static final int STATX_INO = 0x100;

    private final Set<Integer> apart = new HashSet<>();
    private final Set<Identity> files = new HashSet<>();
    private final Standing standing = new Standing(false);

    /** A file, as statx(2) tells it from others. */
    private record Identity(int major, int minor, long inode) {}

    /** What passes the locks on. */
    @FunctionalInterface
    interface Passing {
        void run(Arena arena) throws IOException;
    }

    /**
     * Passes locks on while they stand.
     *
     * @param apart processes that stand already
     */
    static void stand(List<Fd> files, Collection<Integer> apart, Passing passing) throws IOException {
        LockGate.shut();
        try (HeldOpens opens = new HeldOpens();
                Bystanders all = new Bystanders(apart);
                Arena arena = Arena.ofConfined()) {
            for (Fd file : files) opens.hold(file);
            all.stop(files);
            passing.run(arena);
        } finally {
            LockGate.open();
        }
    }

    private Bystanders(Collection<Integer> apart) {
        this.apart.addAll(apart);
        this.apart.add((int) ProcessHandle.current().pid());
    }

    private void stop(List<Fd> which) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment statx = arena.allocate(256, 8);
            for (Fd file : which) {
                Identity one = identity(arena, file.path(), statx);
                if (one != null) files.add(one);
            }
            while (stopMore(statx)) {}
        }
    }

    /** @return whether there were some that had not been seen before: they may have forked meanwhile */
    private boolean stopMore(MemorySegment statx) throws IOException {
        List<Integer> more = new ArrayList<>();
        for (int pid : all())
            if (!apart.contains(pid) && !standing.processes().contains(pid) && couldLock(pid, statx)) more.add(pid);
        for (int pid : more) {
            try {
                if (!standing.stop(pid, PATIENCE)) warn(pid, "does not stop");
            } catch (Errno e) {
                warn(pid, e.getMessage());
            }
        }
        return !more.isEmpty();
    }

    private static void warn(int pid, @Nullable String why) {
        LOG.log(System.Logger.Level.WARNING, "process {0} may get a lock that is passed on: {1}", pid, why);
    }

    private static List<Integer> all() throws IOException {
        List<Integer> all = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path one : processes)
                all.add(Integer.parseInt(one.getFileName().toString()));
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return all;
    }

    private boolean couldLock(int pid, MemorySegment statx) {
        try (Arena arena = Arena.ofConfined()) {
            for (int number : new ProcFs(pid).descriptors()) {
                Identity one = identity(arena, "/proc/" + pid + "/fd/" + number, statx);
                if (one != null && files.contains(one)) return true;
            }
        }
        return false;
    }

    /** Never asks a file system over a network, which may be a guest's here and not answer. */
    private static @Nullable Identity identity(Arena arena, String path, MemorySegment statx) {
        long result = FileCalls.statx(
                FileCalls.AT_FDCWD, arena.allocateFrom(path).address(), AT_STATX_DONT_SYNC, STATX_INO, statx.address());
        if (result < 0) return null;
        return new Identity(statx.get(JAVA_INT, 0x88), statx.get(JAVA_INT, 0x8c), statx.get(JAVA_LONG, 0x20));
    }

    /** Whether two descriptors lead to the same file. */
    static boolean same(String one, String other) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment statx = arena.allocate(256, 8);
            Identity first = identity(arena, one, statx);
            return first != null && first.equals(identity(arena, other, statx));
        }
    }

    @Override
    public void close() {
        standing.close();
    }
}

package dev.tomte.agent.tree;

import dev.tomte.agent.criu.Criu;
import dev.tomte.agent.criu.Place;
import dev.tomte.agent.inspect.Inspection;
import dev.tomte.agent.locks.HeldFiles;
import dev.tomte.agent.locks.Locks;
import dev.tomte.agent.pod.StubLine;
import dev.tomte.linux.Cgroup;
import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.PidFd;
import dev.tomte.linux.ProcFs;
import dev.tomte.linux.ProcessMemory;
import dev.tomte.linux.Vfork;
import dev.tomte.stub.Started;
import dev.tomte.stub.Streams;
import dev.tomte.stub.StubConnection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** The tree in a pod: its cgroup is what is frozen and killed, its stub knows its root. */
public final class PodTree implements Tree {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int SIGKILL = 9;
    /** More than ever will be wrong by chance, one after the other; what stands is looked at once, and rightly. */
    private static final int LOOKS_AT_LOCKS = 5;

    private final Place place;
    private final StubLine stub;
    private final Criu criu;
    private final HomeFiles files;
    private final Locks locks;
    private final Outflow outflow;
    private final Cgroup cgroup;
    /** Whether it stands because its host's owner is back, whatever moves want. */
    private boolean held;
    /** Whether it stands for a move. */
    private boolean standing;
    /** Whether it is being restored: nothing can be born in a cgroup that stands, and nothing of it runs before a thaw. */
    private boolean arriving;
    /** Of the tree that has been frozen for a move; null if it was by an earlier life of the agent. */
    private volatile @Nullable HeldFiles heldFiles;
    /** Whether it gets only what others leave of the processors, while it runs. */
    private boolean yields;

    public PodTree(Place place, StubLine stub, Criu criu, HomeFiles files, Locks locks, Outflow outflow) {
        this.place = place;
        this.stub = stub;
        this.criu = criu;
        this.files = files;
        this.locks = locks;
        this.outflow = outflow;
        this.cgroup = place.pod().tree();
    }

    @Override
    public List<String> obstacles() throws IOException {
        List<String> obstacles = new ArrayList<>(Inspection.obstacles(cgroup));
        obstacles.addAll(locksInTheWay());
        return obstacles;
    }

    /** Also when looked at again: the tree runs, and may have locked something while it was looked at. */
    private List<String> locksInTheWay() throws IOException {
        List<String> found = List.of();
        for (int look = 0; look < LOOKS_AT_LOCKS; look++) {
            found = locks.obstacles(files.fence(cgroup.processes(), PATIENCE));
            if (found.isEmpty()) break;
        }
        return found;
    }

    @Override
    public void freeze(Duration deadline) throws IOException, FreezeTimeout {
        long end = System.nanoTime() + deadline.toNanos();
        String who = "no process can be named";
        while (true) {
            synchronized (this) {
                standing = true;
                stand();
            }
            boolean stands = cgroup.awaitFrozen(true, Duration.ofNanos(Math.max(0, end - System.nanoTime())));
            if (stands && !isInVfork()) break;
            // at the very end it may be on its way between two waits, and none is seen
            List<String> running = whoRuns();
            if (!running.isEmpty()) who = String.join(", ", running);
            if (System.nanoTime() - end > 0) {
                thaw();
                throw new FreezeTimeout("it did not stand still within " + deadline.toMillis() + " ms: " + who);
            }
            cgroup.thaw();
            // A vfork lasts until its child has its own program: let it.
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        try {
            heldFiles = locks.hold(files.fence(cgroup.processes(), PATIENCE));
        } catch (IOException e) {
            thaw();
            throw e;
        }
    }

    /** The kernel calls it frozen, but no tracer can stop it. */
    private boolean isInVfork() throws IOException {
        for (int pid : cgroup.processes()) if (Vfork.waits(pid)) return true;
        return false;
    }

    /** Those that wait in the kernel in a way that does not end for a freezer. */
    private List<String> whoRuns() throws IOException {
        List<String> who = new ArrayList<>();
        for (int pid : cgroup.processes()) {
            ProcFs process = new ProcFs(pid);
            process.threads().stream()
                    .map(ProcFs::new)
                    .filter(thread -> thread.state() == 'D')
                    .findFirst()
                    .ifPresent(thread ->
                            who.add("process " + process.innermostPid().orElse(0) + " ("
                                    + process.name().orElse("?") + ") waits in "
                                    + thread.waitsIn().orElse("the kernel")));
        }
        return who;
    }

    @Override
    public boolean isFrozen() throws IOException {
        return cgroup.isFreezing();
    }

    /** Lets it run, unless it is held: then it stands on. */
    @Override
    public void thaw() throws IOException {
        locks.letGo();
        synchronized (this) {
            standing = false;
            arriving = false;
            if (held) stand();
            else go();
        }
    }

    /** What has nothing of the processors cannot stop: from now on it uses none anyway. */
    private void stand() throws IOException {
        cgroup.freeze();
        place.pod().cpu().normal();
    }

    private void go() throws IOException {
        if (yields) place.pod().cpu().lowest();
        else place.pod().cpu().normal();
        cgroup.thaw();
    }

    /** Whether it is to get only what others leave of the processors, from now on. */
    public synchronized void yields(boolean whether) throws IOException {
        yields = whether;
        if (cgroup.isFreezing()) return;
        if (yields) place.pod().cpu().lowest();
        else place.pod().cpu().normal();
    }

    /** Stops it, for its host's owner; it may be moved meanwhile. Returns before all of it stands. */
    public synchronized void hold() throws IOException {
        held = true;
        if (!arriving) stand();
    }

    /** Waits until all of it stands, if it has been told to. */
    public void awaitStanding(Duration patience) throws IOException {
        if (cgroup.isFreezing()) cgroup.awaitFrozen(true, patience);
    }

    /** It is to be restored; until it is thawed, who holds it need not stop it. */
    public synchronized void arrives() {
        arriving = true;
    }

    /** Holds what an earlier life of the agent has stopped; while a move is under way nothing but the move touches it. */
    public synchronized void holdOn(boolean moving) {
        held = true;
        standing = moving;
    }

    /** Its host's owner has left: it goes on, unless it stands for a move. */
    public synchronized void release() throws IOException {
        if (!held) return;
        held = false;
        if (!standing) go();
    }

    public synchronized boolean isHeld() {
        return held;
    }

    @Override
    public Dump readyDump(Path images) throws IOException {
        Checkpoint checkpoint;
        try (Started root = stub.ask(StubConnection::root);
                Streams streams = streams()) {
            Fd in = streams.in();
            checkpoint = new Checkpoint(
                    root.pid(),
                    in != null,
                    in == null ? 0 : inode(in.path()),
                    inode(streams.out().read().path()),
                    inode(streams.err().read().path()),
                    memoryBytes());
        }
        Criu.Dump dump = criu.readyDump(place, checkpoint.rootPid(), images);
        return new Dump() {
            @Override
            public Checkpoint checkpoint() {
                return checkpoint;
            }

            @Override
            public boolean leaveMemory() throws IOException {
                boolean told = ProcessMemory.isTold();
                if (told) dump.leaveMemory();
                return told;
            }

            @Override
            public void write() throws IOException {
                HeldFiles held = heldFiles;
                if (held == null) throw new IllegalStateException("a tree is dumped that was not frozen");
                held.write(images);
                dump.run();
            }

            @Override
            public void end() throws IOException {
                dump.end();
            }

            @Override
            public void close() {
                dump.close();
            }
        };
    }

    private Streams streams() throws IOException {
        try {
            return stub.ask(StubConnection::fedStreams);
        } catch (Errno e) {
            // it is not fed, or the stub of one that is older than that
            if (e.code() != Errno.ENOENT && e.code() != Errno.ENOSYS) throw e;
            return stub.ask(StubConnection::streams);
        }
    }

    private static long inode(String path) throws IOException {
        return (Long) Files.getAttribute(Path.of(path), "unix:ino");
    }

    @Override
    public void drainOutput() throws IOException {
        outflow.drain(PATIENCE);
    }

    @Override
    public void leave() throws IOException {
        // A dump that an earlier life of the agent began holds the tree by ptrace.
        if (!place.pod().awaitToolsEnd(PATIENCE)) throw new IOException("criu has not ended");
        HeldFiles held = heldFiles;
        if (held == null || !held.processes().isEmpty()) locks.leave();
    }

    @Override
    public void destroy() throws IOException {
        leave();
        try {
            stub.tell(StubConnection::forget);
        } catch (Errno e) {
            if (e.code() != Errno.ESRCH) throw e;
        }
        if (!cgroup.killEach(PATIENCE)) throw new IOException("the tree does not end: " + cgroup.processes());
        cgroup.thaw();
    }

    /**
     * Sends the root a signal; SIGKILL ends all of the tree. Not while the tree stands: a checkpoint may have been
     * taken that would not have it. One that is held and does not move can be killed.
     *
     * @return false if it stands
     */
    public boolean signal(int signal) throws IOException {
        synchronized (this) {
            boolean killable = signal == SIGKILL && held && !standing;
            if (cgroup.isFreezing() && !killable) return false;
            if (signal == SIGKILL) {
                cgroup.kill();
                return true;
            }
            try (Started root = stub.ask(StubConnection::root)) {
                PidFd.signal(root.pidfd(), signal);
                return true;
            }
        }
    }

    @Override
    public List<Integer> processes() throws IOException {
        return cgroup.processes();
    }

    @Override
    public long cpuMicros() throws IOException {
        return cgroup.cpuMicros();
    }

    @Override
    public long memoryBytes() throws IOException {
        long sum = 0;
        for (int pid : cgroup.processes()) sum += new ProcFs(pid).ownBytes();
        return sum;
    }
}

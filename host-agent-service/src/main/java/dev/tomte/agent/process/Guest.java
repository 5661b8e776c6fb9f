package dev.tomte.agent.process;

import dev.tomte.agent.criu.Place;
import dev.tomte.agent.locks.GuestLocks;
import dev.tomte.agent.pod.Pod;
import dev.tomte.agent.pod.StubLine;
import dev.tomte.agent.process.Neighbours.Neighbour;
import dev.tomte.agent.streams.Bases;
import dev.tomte.agent.tree.PodTree;
import dev.tomte.agent.tree.Restored;
import dev.tomte.agent.tree.Tree;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.contracts.Json;
import dev.tomte.home.mount.GuestMount;
import dev.tomte.stub.Exit;
import dev.tomte.stub.StubConnection;
import dev.tomte.stub.StubEvent;
import dev.tomte.wire.ExitReport;
import dev.tomte.wire.ProcessKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A guest: its pod, the mount that leads home, and its tree, first as room for it, then held, then running. Any thread.
 */
final class Guest implements Tree.Room {
    private static final Logger LOG = LoggerFactory.getLogger(Guest.class);
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    /** Ours: a quota or a full node does not change within seconds. */
    private static final Duration UNFIT = Duration.ofMinutes(1);

    private static final String NOTE = "guest";
    private static final String HELD = "held";
    private static final long AGAIN_MILLIS = 200;
    private static final Duration DRAINS_WITHIN = Duration.ofSeconds(60);
    /** By SIGKILL, as wait(2) encodes it. */
    private static final int KILLED = 9;

    private final Site site;
    private final Pod pod;
    private final StubLine stub;
    private final Departure departure;
    private final AtomicBoolean reporting = new AtomicBoolean();
    private final GuestStreams streams;
    private GuestNote note;
    private @Nullable GuestMount mount;
    private @Nullable PodTree tree;
    private @Nullable Restored restored;
    private volatile long expected;
    private volatile long fitsAgain = System.nanoTime();
    private volatile boolean gone;

    /** Called when nothing of it is left here. */
    @FunctionalInterface
    interface Departure {
        void left(Guest guest, long cpuMicros);
    }

    private Guest(Site site, Pod pod, GuestNote note, Departure departure) {
        this.site = site;
        this.pod = pod;
        this.note = note;
        this.departure = departure;
        stub = new StubLine(pod, site.threads(), this::heard);
        streams = new GuestStreams(this, site.neighbours());
    }

    /** Mounts the home's files in a fresh pod. If it fails, the caller removes the pod. */
    static Guest mount(Site site, Pod pod, MovePlan plan, Guests.Mounting mounting, Departure departure)
            throws IOException {
        Guest guest = new Guest(site, pod, GuestNote.room(plan), departure);
        try {
            guest.stub.open();
            guest.remember(guest.note);
            guest.mounted(mounting.open(guest.stub, plan, plan.nextEpoch()));
            return guest;
        } catch (IOException | RuntimeException e) {
            guest.stub.close();
            throw e;
        }
    }

    /**
     * Takes up a guest that an earlier life of the agent left.
     *
     * @return null if it was never room for anything
     */
    static @Nullable Guest resume(Site site, Pod pod, Guests.Mounting mounting, Departure departure)
            throws IOException {
        byte[] kept;
        try (StubConnection first = pod.connect(event -> {})) {
            kept = first.note(NOTE).orElse(null);
        }
        if (kept == null) return null;
        GuestNote note = Json.read(new String(kept, StandardCharsets.UTF_8), GuestNote.class);
        Guest guest = new Guest(site, pod, note, departure);
        GuestMount mount = mounting.resume(guest.stub, note.plan(), note.epoch());
        if (mount == null) return null;
        guest.mounted(mount);
        if (note.runs()) {
            guest.tree().yields(true);
            guest.streams.flow();
        }
        guest.stub.open();
        return guest;
    }

    private void mounted(GuestMount fresh) {
        mount = fresh;
        GuestLocks locks = new GuestLocks(pod.tree());
        restored = new Restored(place(), stub, site.criu(), locks);
        tree = new PodTree(
                place(),
                stub,
                site.criu(),
                (pids, within) -> fresh.fence(pids, within).locks(),
                locks,
                streams::settle);
    }

    private Place place() {
        return new Place(pod, theMount().namespace());
    }

    private GuestMount theMount() {
        GuestMount now = mount;
        if (now == null) throw new IllegalStateException(pod.id() + " has no mount");
        return now;
    }

    private synchronized void remember(GuestNote next) throws IOException {
        byte[] bytes = Json.write(next).getBytes(StandardCharsets.UTF_8);
        stub.tell(connection -> connection.note(NOTE, bytes));
        note = next;
    }

    Pod pod() {
        return pod;
    }

    StubLine stub() {
        return stub;
    }

    synchronized GuestNote note() {
        return note;
    }

    PodTree tree() {
        PodTree now = tree;
        if (now == null) throw new IllegalStateException(pod.id() + " has no mount");
        return now;
    }

    Neighbour home() {
        MovePlan plan = note().plan();
        return new Neighbour(plan.home(), plan.homeAddress());
    }

    /** So much memory is kept for it until it runs. */
    void expect(long memoryBytes) {
        expected = memoryBytes;
    }

    /** Its pod is to be promised so much before it comes. */
    void require(long memoryBytes) throws IOException {
        site.pods().fit(pod, memoryBytes);
    }

    /** Its pod asks for what it occupies by now; where that is refused it runs on, and asks again later. */
    void fit() {
        if (gone || System.nanoTime() - fitsAgain < 0) return;
        try {
            site.pods().fit(pod, memoryBytes());
        } catch (IOException e) {
            fitsAgain = System.nanoTime() + UNFIT.toNanos();
            LOG.warn("{} occupies more than its pod asks for: {}", pod.process(), e.getMessage());
        }
    }

    long memoryBytes() throws IOException {
        if (gone || !pod.cgroup().exists()) return 0;
        long now = tree().memoryBytes();
        return note().runs() ? now : Math.max(now, expected);
    }

    /** What decides on it is read from its home while it stands still: the connection is to be there by then. */
    @Override
    public void makeReady() {
        site.threads().execute(this::askHome);
    }

    private void askHome() {
        try {
            site.neighbours().isHomeGone(home(), key());
        } catch (IOException e) {
            LOG.debug("the home of {} does not answer", pod.process(), e);
        }
    }

    @Override
    public void readyRestore(Path images, Tree.Checkpoint checkpoint) throws IOException {
        remember(note().restored(checkpoint.rootPid(), checkpoint.fed()));
        tree().arrives();
        restored().ready(images, checkpoint);
    }

    @Override
    public void restore() throws IOException {
        restored().restore();
    }

    private Restored restored() {
        Restored now = restored;
        if (now == null) throw new IllegalStateException(pod.id() + " has no mount");
        return now;
    }

    @Override
    public void run() throws IOException {
        GuestNote now = note();
        if (now.rootPid() == 0) throw new IOException("nothing was restored in " + pod.id());
        if (!now.runs()) remember(now.running());
        restored().adopt(now.rootPid());
        tree().yields(true);
        // one whose host's owner has come meanwhile stands on
        tree().thaw();
        streams.flow();
    }

    /** Stops it for the owner, at once; that it is held is noted afterwards. */
    void hold() throws IOException {
        tree().hold();
    }

    void noteHeld() throws IOException {
        stub.tell(connection -> connection.note(HELD, new byte[] {1}));
    }

    /** After a restart of the agent: whether it was held, or stands for no reason that is known. */
    void holdOn(boolean moving) throws IOException {
        boolean noted = stub.ask(connection -> connection.note(HELD)).isPresent();
        if (noted || (note().runs() && !moving && tree().isFrozen())) tree().holdOn(moving);
    }

    boolean isHeld() {
        return tree().isHeld();
    }

    void release() throws IOException {
        if (!tree().isHeld()) return;
        stub.tell(connection -> connection.note(HELD, new byte[0]));
        tree().release();
    }

    /** What it has written is counted anew from there on. */
    void rememberBases(Bases newer) throws IOException {
        remember(note().since(newer));
    }

    /** It stays here; from now on at this epoch. */
    void stays(long epoch) throws IOException {
        remember(note().at(epoch));
        theMount().epoch(epoch);
        streams.epoch(epoch);
    }

    private void heard(StubEvent event) {
        switch (event) {
            case StubEvent.Exited(Exit exit) -> exited(exit);
            case StubEvent.Terminate(int signal, boolean inside) ->
                LOG.info("guest pod {} was asked to end by signal {}", pod.id(), signal);
            case StubEvent.Closed() -> died();
        }
    }

    private void exited(Exit exit) {
        if (!reporting.compareAndSet(false, true)) return;
        endOrphans();
        boolean outOfMemory = site.pods().hasRunOutOfMemory(pod);
        insist(() -> {
            streams.drain(DRAINS_WITHIN);
            if (!isTaken(exit.status(), outOfMemory)) return false;
            stub.tell(connection -> connection.acknowledge(exit));
            return true;
        });
    }

    /**
     * The pod has died, and with its first process all that was in it. Where the kernel did that for want of memory it is
     * the process's own end.
     */
    private void died() {
        if (!gone) LOG.warn("guest pod {} has died", pod.id());
        boolean ends = !gone
                && note().runs()
                && reporting.compareAndSet(false, true)
                && site.pods().hasRunOutOfMemory(pod);
        if (ends) insist(() -> isTaken(KILLED, true));
        else leave();
    }

    /** Whether its home has the exit safe. */
    @FunctionalInterface
    private interface Telling {
        boolean isTaken() throws IOException;
    }

    /** Tells the home until it has it safe; then there is nothing left to do here. */
    private void insist(Telling telling) {
        boolean warned = false;
        while (!gone) {
            try {
                if (telling.isTaken()) {
                    leave();
                    return;
                }
                LOG.warn("the home of {} does not take its exit", pod.process());
            } catch (IOException e) {
                if (!warned) LOG.warn("the exit of {} is not at its home yet: {}", pod.process(), e.getMessage());
                warned = true;
            }
            try {
                Thread.sleep(AGAIN_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private boolean isTaken(int waitStatus, boolean outOfMemory) throws IOException {
        ProcessKey key = key();
        return site.neighbours()
                .exited(
                        home(),
                        ExitReport.newBuilder()
                                .setProcess(key.getProcess())
                                .setIncarnation(key.getIncarnation())
                                .setEpoch(key.getEpoch())
                                .setWaitStatus(waitStatus)
                                .setCpuMicros(cpuMicros())
                                .setOutOfMemory(outOfMemory)
                                .build());
    }

    /** 0 if nothing is left to tell. */
    private long cpuMicros() {
        try {
            return pod.tree().cpuMicros();
        } catch (IOException e) {
            LOG.debug("{} has no cgroup any more", pod.id(), e);
            return 0;
        }
    }

    /** What is left of the tree ends with its root, and before its files do. */
    private void endOrphans() {
        try {
            pod.tree().kill();
            pod.tree().awaitEmpty(PATIENCE);
        } catch (IOException e) {
            LOG.debug("{} has no cgroup any more", pod.id(), e);
        }
    }

    ProcessKey key() {
        return ProcessKey.newBuilder()
                .setProcess(pod.process())
                .setIncarnation(pod.incarnation())
                .setEpoch(note().epoch())
                .build();
    }

    @Override
    public void destroy() throws IOException {
        leave();
    }

    /** Takes down what is left here. Again: no effect. */
    void leave() {
        synchronized (this) {
            if (gone) return;
            gone = true;
        }
        long cpu = cpuMicros();
        try {
            // First what could wait in the mount, then the mount, while the stub can still let go of it.
            endTree();
            streams.close();
            GuestMount last = mount;
            if (last != null) last.close();
            stub.close();
            site.pods().remove(pod);
        } catch (IOException e) {
            LOG.error("guest pod {} stays: {}", pod.id(), e.getMessage());
        }
        departure.left(this, cpu);
    }

    /** The agent ends, the guest goes on. */
    void detach() {
        gone = true;
        streams.close();
        stub.close();
    }

    private void endTree() throws IOException {
        if (!pod.cgroup().exists()) return;
        pod.tree().kill();
        pod.tools().kill();
        pod.dumps().kill();
        restored().letGo();
        if (!pod.tree().awaitEmpty(PATIENCE) || !pod.awaitToolsEnd(PATIENCE)) LOG.warn("{} does not end", pod.id());
    }
}

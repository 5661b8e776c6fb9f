package dev.tomte.agent.process;

import dev.tomte.agent.criu.Place;
import dev.tomte.agent.locks.HomeLocks;
import dev.tomte.agent.locks.Locks;
import dev.tomte.agent.move.Home;
import dev.tomte.agent.pod.Pod;
import dev.tomte.agent.pod.StubLine;
import dev.tomte.agent.process.HomeNote.Reached;
import dev.tomte.agent.process.Neighbours.Neighbour;
import dev.tomte.agent.tree.HomeFiles;
import dev.tomte.agent.tree.PodTree;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.contracts.Json;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.ProcessStatus.State;
import dev.tomte.contracts.Request.Launch;
import dev.tomte.contracts.Request.Launch.Begins;
import dev.tomte.linux.Errno;
import dev.tomte.linux.Pipe;
import dev.tomte.stub.FedBytes;
import dev.tomte.stub.Phase;
import dev.tomte.stub.Register;
import dev.tomte.stub.StandardStream;
import dev.tomte.stub.Streams;
import dev.tomte.stub.StubConnection;
import dev.tomte.stub.StubEvent;
import dev.tomte.stub.StubState;
import dev.tomte.stub.Swap;
import dev.tomte.wire.ExitReport;
import dev.tomte.wire.ProcessKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A process whose home is here, wherever it is. The register is in its stub; what else must outlive the agent is in a
 * note there. Any thread.
 */
final class HomeProcess {
    private static final Logger LOG = LoggerFactory.getLogger(HomeProcess.class);
    private static final Duration FLUSH_PATIENCE = Duration.ofSeconds(10);
    /** Its target makes it run meanwhile. */
    private static final Duration AFTER_A_DECISION = Duration.ofMillis(50);

    private static final String NOTE = "home";
    private static final long MIB = 1 << 20;

    private final Site site;
    private final Pod pod;
    private final StubLine stub;
    private final HomeLocks locks;
    private final PodTree tree;
    private final Signals signals;
    private final Ending ending;
    private final HomeInput input;
    private final CommitPoint commitPoint;
    private HomeNote note = HomeNote.FIRST;
    private ProcessStatus status;
    /** Whether this agent has said anything of it: what it had used before then is not counted, an earlier agent has. */
    private boolean said;

    /** Of the tree where it is; rounded, so that it does not change with every look. */
    private long memory;

    /** Whether that was its end; where the agent dies before the pod has ended, only the reason is forgotten. */
    private volatile boolean outOfMemory;

    private long missedEpoch;
    private int misses;

    /** Called once, when the process has ended and this must be remembered. */
    @FunctionalInterface
    interface Ending {
        /** @param last what is known of it; its state is ENDED or LOST */
        void ended(HomeProcess process, ProcessStatus last);
    }

    HomeProcess(Site site, Pod pod, Ending ending) {
        this.site = site;
        this.pod = pod;
        this.ending = ending;
        stub = new StubLine(pod, site.threads(), this::heard);
        locks = new HomeLocks(pod.tree(), new StubKeeper(stub));
        commitPoint = new CommitPoint(site, this, locks);
        tree = new PodTree(new Place(pod, null), stub, site.criu(), HomeFiles.AT_HOME, locks, this::drain);
        signals = new Signals(site, this);
        input = new HomeInput(stub);
        Launch launch = pod.record().launch();
        Instant made = pod.record().made();
        status = new ProcessStatus(
                pod.process(),
                launch.name(),
                launch.namespace(),
                site.host(),
                site.host(),
                pod.incarnation(),
                1,
                launch.begins() == Begins.HOME ? State.RUNNING : State.WAITING,
                launch.uid(),
                launch.command(),
                launch.cwd(),
                made,
                made,
                null,
                0,
                0,
                0,
                launch.shared(),
                "");
    }

    Pod pod() {
        return pod;
    }

    StubLine stub() {
        return stub;
    }

    PodTree tree() {
        return tree;
    }

    Locks locks() {
        return locks;
    }

    Signals signals() {
        return signals;
    }

    synchronized ProcessStatus status() {
        return status;
    }

    synchronized HomeNote note() {
        return note;
    }

    /** Takes up the conversation with its stub, and what an earlier life of the agent knew. */
    void open() throws IOException {
        Optional<byte[]> kept = stub.ask(connection -> connection.note(NOTE));
        synchronized (this) {
            if (kept.isPresent()) note = Json.read(new String(kept.get(), StandardCharsets.UTF_8), HomeNote.class);
        }
        stub.open();
    }

    /** Changes what must outlive the agent; when this returns, it does. */
    synchronized void remember(UnaryOperator<HomeNote> change) throws IOException {
        HomeNote next = change.apply(note);
        byte[] bytes = Json.write(next).getBytes(StandardCharsets.UTF_8);
        stub.tell(connection -> connection.note(NOTE, bytes));
        note = next;
    }

    StubState state() throws IOException {
        return stub.ask(StubConnection::state);
    }

    Register register() throws IOException, Home.Gone {
        if (!pod.isAlive()) throw new Home.Gone("the home pod of " + pod.process() + " has ended");
        return stub.ask(StubConnection::register)
                .orElseThrow(() -> new IOException(pod.process() + " has not been started yet"));
    }

    /** @throws IOException if this host never heard where that holder is */
    Neighbour holder(Register register) throws IOException {
        String address = note().addresses().get(register.holder());
        if (address == null) throw new IOException("the address of " + register.holder() + " is not known");
        return new Neighbour(register.holder(), address);
    }

    CommitPoint commitPoint() {
        return commitPoint;
    }

    /** For the {@link CommitPoint} only; no output of the former holder is taken meanwhile. */
    synchronized Swap swap(Register expected, String newHolder) throws IOException, Home.Gone {
        Register before = register();
        if (before.equals(expected)) remember(now -> now.reached(reachedIn(before)));
        return stub.ask(connection -> connection.compareAndSet(expected, expected.passedTo(newHolder)));
    }

    ProcessKey key(Register register) {
        return ProcessKey.newBuilder()
                .setProcess(pod.process())
                .setIncarnation(register.incarnation())
                .setEpoch(register.epoch())
                .build();
    }

    private Reached reachedIn(Register register) {
        try {
            return new Reached(
                    register.epoch(),
                    stub.ask(connection -> connection.outAt(StandardStream.OUT, register.epoch())),
                    stub.ask(connection -> connection.outAt(StandardStream.ERR, register.epoch())));
        } catch (IOException e) {
            // Nothing of an epoch at home ever comes this way.
            return new Reached(register.epoch(), 0, 0);
        }
    }

    /** Writes a guest's output, each byte once. */
    synchronized long output(String caller, StandardStream stream, long epoch, long offset, byte[] bytes)
            throws IOException, Home.Gone {
        Register now = register();
        if (!now.holder().equals(caller)) throw new IOException(pod.process() + " is held by " + now.holder());
        Reached last = note.reached();
        if (epoch == now.epoch() - 1 && last != null && last.epoch() == epoch)
            return stream == StandardStream.OUT ? last.out() : last.err();
        if (epoch != now.epoch()) throw new IOException("epoch " + epoch + " is not " + now.epoch());
        if (bytes.length == 0) return stub.ask(connection -> connection.outAt(stream, epoch));
        return stub.ask(connection -> connection.out(stream, epoch, offset, bytes));
    }

    boolean isFed() {
        return pod.record().launch().streams() == Launch.Streams.FED;
    }

    /** What is sent to it as its standard input. */
    HomeInput input() throws Home.Gone {
        if (!isFed()) throw new Home.Gone(status().name() + " takes no standard input");
        return input;
    }

    /** A guest's standard input, for its holder. */
    FedBytes input(String caller, long epoch, long consumed, long from, Duration wait) throws IOException, Home.Gone {
        Register now = register();
        if (!now.holder().equals(caller) || now.epoch() != epoch)
            throw new IOException(pod.process() + " is held by " + now.holder() + " at epoch " + now.epoch());
        return input().give(consumed, from, wait);
    }

    /** Its end at its holder; when this returns true, that is safe here. */
    boolean exitedAway(String caller, ExitReport report) throws IOException, Home.Gone {
        Register now = register();
        long epoch = report.getEpoch();
        if (now.epoch() != epoch || !now.holder().equals(caller)) return false;
        remember(note -> note.used(epoch, report.getCpuMicros()));
        outOfMemory = report.getOutOfMemory();
        end(
                State.ENDED,
                report.getWaitStatus(),
                outOfMemory ? caller + " had no more memory for it than its pod may have" : "");
        return true;
    }

    private void heard(StubEvent event) {
        try {
            switch (event) {
                case StubEvent.Exited(var exit) -> end(State.ENDED, exit.status(), "");
                case StubEvent.Terminate(int signal, boolean inside) -> {
                    // Its own processes may not end its home; whoever ends the pod means the process.
                    if (!inside) signals.send(signal);
                }
                case StubEvent.Closed() -> end(State.LOST, 9, "its home pod has died");
            }
        } catch (IOException | RuntimeException e) {
            LOG.error("{}: {} is not dealt with", pod.process(), event, e);
        }
    }

    /** Remembers the end first; only then does the stub let go of it. */
    void end(State state, int waitStatus, String message) throws IOException {
        int code = (waitStatus & 0x7f) == 0 ? waitStatus >> 8 & 0xff : 128 + (waitStatus & 0x7f);
        ProcessStatus last;
        synchronized (this) {
            if (!status.isLiving()) return;
            last = with(status, status.holder(), status.epoch(), state, code, message);
            becomes(last);
        }
        ending.ended(this, last);
    }

    /** Lets the stub write out what is left and end, and takes the pod down. Again: goes on. */
    void takeDown(int waitStatus) {
        site.fences().ended(pod.process(), pod.incarnation());
        if (outOfMemory) site.pods().runOutOfMemory(pod);
        try {
            if (pod.isAlive()) {
                StubState now = state();
                if (now.exit().isPresent())
                    stub.tell(connection -> connection.acknowledge(now.exit().get()));
                else if (now.phase() != Phase.ENDING) stub.tell(connection -> connection.finish(waitStatus));
            }
        } catch (IOException e) {
            LOG.debug("{}: its stub has ended meanwhile", pod.process(), e);
        }
        long end = System.nanoTime() + FLUSH_PATIENCE.toNanos();
        while (pod.isAlive() && System.nanoTime() - end < 0) LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
        stub.close();
        try {
            site.pods().remove(pod);
        } catch (IOException e) {
            LOG.error("the pod of {} stays: {}", pod.process(), e.getMessage());
        }
    }

    /** Says it again if it has changed, or its CPU time has. */
    synchronized void refresh(Register register, State state, String message) {
        if (state != State.UNREACHABLE) misses = 0;
        ProcessStatus before = status;
        boolean same = before.holder().equals(register.holder())
                && before.epoch() == register.epoch()
                && before.state() == state
                && before.message().equals(message)
                && before.cpuHomeMicros() == cpuHere()
                && before.cpuAwayMicros() == note.awayMicros()
                && before.memory() == memory;
        if (!same) publish(register, state, message);
    }

    /** What its tree occupies where it is, bytes. */
    synchronized void occupies(long bytes) {
        memory = bytes + MIB - 1 & -MIB;
    }

    /** Its holder has answered that it has nothing of this epoch; how often in a row. */
    synchronized int missed(long epoch) {
        misses = epoch == missedEpoch ? misses + 1 : 1;
        missedEpoch = epoch;
        return misses;
    }

    /** What it has used of the CPU in that epoch, away. */
    void used(long epoch, long micros) throws IOException {
        if (!Long.valueOf(micros).equals(note().away().get(epoch))) remember(now -> now.used(epoch, micros));
    }

    /** Whether it waits here to begin elsewhere. */
    boolean isWaiting() throws IOException {
        return state().phase() == Phase.EMPTY;
    }

    /** After a decision, for which nobody waits: if it cannot be said now, the next look says it. */
    void tell(Register decided) {
        try {
            publish(decided);
        } catch (IOException e) {
            LOG.debug("{}: the decision is told later", pod.process(), e);
        }
    }

    /** Says what the register says, of one that lives. */
    void publish(Register register) throws IOException {
        boolean waits = register.holder().equals(site.host()) && isWaiting();
        publish(register, waits ? State.WAITING : State.RUNNING, "");
    }

    /** Says what the register says. */
    synchronized void publish(Register register, State state, String message) {
        // one that was read before the last decision says nothing any more
        if (!status.isLiving() || register.epoch() < status.epoch()) return;
        boolean isDecided = register.epoch() > status.epoch();
        becomes(with(status, register.holder(), register.epoch(), state, null, message));
        site.statuses().publish(status, isDecided ? AFTER_A_DECISION : Duration.ZERO);
    }

    private void becomes(ProcessStatus next) {
        if (said) CpuUsed.between(status, next);
        said = true;
        status = next;
    }

    private ProcessStatus with(
            ProcessStatus old, String holder, long epoch, State state, @Nullable Integer code, String message) {
        boolean changed = !old.holder().equals(holder) || old.state() != state;
        return new ProcessStatus(
                old.process(),
                old.name(),
                old.namespace(),
                old.home(),
                holder,
                old.incarnation(),
                epoch,
                state,
                old.uid(),
                old.command(),
                old.cwd(),
                old.started(),
                changed ? Instant.now() : old.since(),
                code,
                cpuHere(),
                note.awayMicros(),
                memory,
                old.shared(),
                message);
    }

    private long cpuHere() {
        try {
            return tree.cpuMicros();
        } catch (IOException e) {
            return status.cpuHomeMicros();
        }
    }

    /** The stub copies by itself; what it has not taken yet is in the pipes. */
    private void drain(Duration within) throws IOException {
        long end = System.nanoTime() + within.toNanos();
        try (Streams streams = stub.ask(StubConnection::streams)) {
            for (StandardStream stream : StandardStream.values())
                while (!isEmpty(streams.pipe(stream))) {
                    if (System.nanoTime() - end > 0) throw new IOException("its output is not taken in time");
                    LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(200));
                }
        } catch (Errno e) {
            throw new IOException("the output cannot be looked at", e);
        }
    }

    private static boolean isEmpty(Pipe pipe) throws IOException {
        try (Pipe scratch = Pipe.create()) {
            return Pipe.tee(pipe.read(), scratch.write(), 1) == 0;
        }
    }

    /** The register and the sessions of a move that is coming: told before its target asks. */
    void expect(MovePlan plan) throws IOException {
        if (plan.incarnation().equals(pod.incarnation())) remember(now -> now.expecting(plan));
    }
}

package dev.tomte.agent.move;

import dev.tomte.agent.tree.Tree;
import dev.tomte.agent.tree.Tree.Checkpoint;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.Outcome;
import dev.tomte.contracts.Request.Launch;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One move between two agents and a home, all in one thread: the real {@link SourceMove} and {@link TargetMove} with
 * everything around them modelled. Each call that an agent makes is a numbered step at which it can be killed, and each
 * message a numbered one that can be lost, late or doubled. What may never be is checked when it would happen.
 */
final class World {
    static final long EPOCH = 7;
    static final String SOURCE = "ws1";
    static final String TARGET = "ws2";
    private static final int TOO_MANY = 3000;

    /** Something that may never be. */
    static final class Violation extends AssertionError {
        Violation(String message) {
            super(message);
        }
    }

    /** kill -9 of an agent: no code of the protocol can catch it. */
    static final class Crash extends Error {
        final MoveNotes.Role who;

        Crash(MoveNotes.Role who) {
            super("killed: " + who, null, false, false);
            this.who = who;
        }
    }

    enum Copy {
        NONE,
        FROZEN,
        RUNS
    }

    final MovePlan plan = new MovePlan(
            "m-1",
            "p-1",
            "pod-1",
            EPOCH,
            "ws3",
            SOURCE,
            TARGET,
            "10.0.0.3",
            "10.0.0.1",
            "10.0.0.2",
            "token",
            Instant.parse("2030-01-01T00:00:00Z"));
    final Faults faults;
    final Mutation mutation;
    final Map<MoveNotes.Role, byte[]> notes = new EnumMap<>(MoveNotes.Role.class);
    final Map<MoveNotes.Role, MoveState> told = new EnumMap<>(MoveNotes.Role.class);
    final Map<MoveNotes.Role, MoveState> kept = new EnumMap<>(MoveNotes.Role.class);
    final Network network = new Network(this);
    private final boolean traced;
    private final List<String> trace = new ArrayList<>();
    private final Deque<Crash> killed = new ArrayDeque<>();

    Register register = new Register("pod-1", EPOCH, SOURCE);
    Copy atSource = Copy.RUNS;
    /** Whether what dumps holds the copy at the source. */
    boolean dumped;

    Copy atTarget = Copy.NONE;
    boolean room;
    boolean left;
    long staysAt;
    int steps;
    private int sourceSteps;
    private int inTarget;
    private long micros;
    private @Nullable SourceMove source;

    @Nullable
    TargetMove target;

    World(Faults faults, Mutation mutation) {
        this(faults, mutation, false);
    }

    private World(Faults faults, Mutation mutation, boolean traced) {
        this.traced = traced;
        this.faults = faults;
        this.mutation = mutation;
    }

    int messages() {
        return network.messages();
    }

    /** Runs the move, what was killed again, and all that is late, until nothing more happens; then checks the end. */
    World run() {
        try {
            prepare();
            asSource(() -> {
                SourceMove first = new SourceMove(around(MoveNotes.Role.SOURCE), plan);
                source = first;
                first.run();
            });
            for (int round = 0; round < 4; round++) {
                network.deliverLate(true);
                restart();
            }
            network.connectionsDie();
            // what the migration-service says when it hears that it is over, or nothing for too long
            quietly("abort", move -> {
                move.abort("over");
                return true;
            });
            network.heal();
            for (int round = 0; round < 4; round++) restart();
            checkEnd();
            return this;
        } catch (Violation e) {
            // the same again, this time told
            if (!traced) new World(faults, mutation, true).run();
            throw new AssertionError(e.getMessage() + "\n" + faults + "\n" + String.join("\n", trace), e);
        }
    }

    private void prepare() {
        target = new TargetMove(around(MoveNotes.Role.TARGET), plan);
        quietly("prepare", move -> {
            move.prepare(new Launch("sleeper", List.of("sleep"), Map.of(), "/", 1000), 0);
            return true;
        });
    }

    private void asSource(Runnable code) {
        try {
            code.run();
        } catch (Crash e) {
            say("the source is killed");
            network.connectionsBreak();
            source = null;
            if (faults.restart() == Faults.Restart.AT_ONCE) recoverSource();
            else killed.add(e);
        }
    }

    private void recoverSource() {
        byte[] note = notes.get(MoveNotes.Role.SOURCE);
        if (note == null) return;
        say("the source comes back");
        asSource(() -> {
            SourceMove move = SourceMove.after(around(MoveNotes.Role.SOURCE), MoveNote.of(note));
            source = move;
            move.recover();
        });
    }

    /** Calls the target's agent, if it lives; being killed breaks the call. */
    <T> T withTarget(Network.Call<TargetMove, T> call) {
        TargetMove move = target;
        if (move == null) throw new Network.Unreachable("the target is dead");
        try {
            inTarget++;
            return call.on(move);
        } catch (Crash e) {
            if (e.who != MoveNotes.Role.TARGET) throw e;
            say("the target is killed");
            target = null;
            network.connectionsBreak();
            if (faults.restart() == Faults.Restart.AT_ONCE) recoverTarget();
            else killed.add(e);
            throw new Network.Unreachable("the target was killed");
        } catch (IOException e) {
            throw new Network.Unreachable(String.valueOf(e.getMessage()));
        } finally {
            inTarget--;
        }
    }

    /** What happens to the target by itself; it may be dead, or die of it. */
    void quietly(String what, Network.Call<TargetMove, ?> call) {
        try {
            withTarget(call);
        } catch (Network.Unreachable e) {
            say("    " + what + ": " + e.getMessage());
        }
    }

    private void recoverTarget() {
        byte[] note = notes.get(MoveNotes.Role.TARGET);
        if (note == null) {
            new ModelRooms(this, MoveNotes.Role.TARGET).takeDownOthers(Set.of());
            return;
        }
        say("the target comes back");
        target = TargetMove.after(around(MoveNotes.Role.TARGET), MoveNote.of(note));
        quietly("comes back", move -> {
            move.recover();
            return true;
        });
    }

    private void restart() {
        for (int i = killed.size(); i > 0; i--) {
            if (killed.remove().who == MoveNotes.Role.SOURCE) recoverSource();
            else recoverTarget();
        }
        poll();
    }

    private void poll() {
        if (inTarget > 0 || target == null || !target.isHeld()) return;
        quietly("asks", move -> {
            move.awaitDecision();
            return true;
        });
    }

    /** A numbered step of an agent. */
    void step(MoveNotes.Role who, String what) {
        steps++;
        if (traced) say(steps + " " + who + " " + what);
        if (steps > TOO_MANY) throw new Violation("it does not end");
        if (faults.crashes().contains(steps)) throw new Crash(who);
        if (who == MoveNotes.Role.TARGET || inTarget > 0) return;
        if (++sourceSteps == faults.abortAt()) abort();
        if (faults.polls() == Faults.Polls.AT_EVERY_STEP) poll();
    }

    int sourceSteps() {
        return sourceSteps;
    }

    private void abort() {
        if (source != null) source.abort("not wanted");
        quietly("abort", move -> {
            move.abort("not wanted");
            return true;
        });
    }

    void say(String what) {
        if (traced) trace.add(what);
    }

    Surroundings around(MoveNotes.Role who) {
        return new Surroundings(
                who == MoveNotes.Role.SOURCE ? SOURCE : TARGET,
                any -> network.home(who),
                any -> network.target(),
                new ModelRooms(this, who),
                new ModelImages(this, who),
                new ModelNotes(this, who),
                new Outcomes() {
                    @Override
                    public void publish(Outcome outcome) {
                        step(who, "tells " + outcome.state() + " " + outcome.message());
                        if (outcome.state() != null) told.put(who, outcome.state());
                    }

                    @Override
                    public void keep(Outcome end) {
                        step(who, "keeps " + end.state());
                        if (end.state() != null && mutation != Mutation.END_NOT_KEPT) kept.put(who, end.state());
                    }
                },
                new Pause() {
                    @Override
                    public Instant now() {
                        return Instant.EPOCH;
                    }

                    @Override
                    public long micros() {
                        return micros++;
                    }

                    @Override
                    public void sleep(Duration duration) {
                        step(who, "waits");
                        if (inTarget > 0) return;
                        network.deliverLate(false);
                        restart();
                    }
                },
                (name, process) -> step(who, "at " + name),
                Duration.ofSeconds(2));
    }

    void checkCopies() {
        if (atSource == Copy.RUNS && atTarget == Copy.RUNS) throw new Violation("two copies run");
    }

    private void checkEnd() {
        boolean there = register.names(EPOCH + 1, TARGET);
        boolean here = register.holder().equals(SOURCE);
        if (there == here) throw new Violation("the register says " + register);
        expect(there ? Copy.NONE : Copy.RUNS, atSource, "source");
        expect(there ? Copy.RUNS : Copy.NONE, atTarget, "target");
        if (room != there) throw new Violation("room at the target: " + room);
        if (left != there) throw new Violation("the source was told that it left: " + left);
        if (here && staysAt != 0 && staysAt != register.epoch())
            throw new Violation("the source holds it at " + staysAt + ", not " + register.epoch());
        if (here && register.epoch() != EPOCH && staysAt == 0)
            throw new Violation("the source was not told of epoch " + register.epoch());
        if (!notes.isEmpty()) throw new Violation("notes are left: " + notes.keySet());
        MoveState end = kept.get(MoveNotes.Role.SOURCE);
        if (there && end != MoveState.SETTLED) throw new Violation("it has moved, and kept is " + end);
        if (here && register.epoch() != EPOCH && end != MoveState.ROLLED_BACK)
            throw new Violation("it was taken back, and kept is " + end);
        MoveState last = told.get(MoveNotes.Role.SOURCE);
        if (last != null && !last.isFinal() && faults.crashes().isEmpty())
            throw new Violation("the last that was told is " + last);
        if (there && last != MoveState.SETTLED && faults.crashes().isEmpty())
            throw new Violation("it has moved, and was told " + last);
    }

    private static void expect(Copy expected, Copy found, String where) {
        if (expected != found) throw new Violation("at the " + where + " there is " + found + ", not " + expected);
    }

    /** The tree as its source sees it. */
    Tree tree() {
        return new ModelTree(this);
    }

    static Checkpoint checkpoint() {
        return new Checkpoint(30_000, false, 0, 1, 2, 4096);
    }
}

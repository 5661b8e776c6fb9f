package dev.tomte.agent.move;

import dev.tomte.agent.tree.Tree;
import dev.tomte.agent.tree.Tree.FreezeTimeout;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.contracts.MoveState;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A move as its source does it, from top to bottom.
 *
 * <p>The rules it keeps: only the source proposes; before it has proposed it may thaw, and then it proposes nothing more;
 * once it has proposed, it neither thaws nor destroys before the register has answered, and it asks for ever. What it
 * needs after a kill -9 is noted before each step that makes it true.
 */
final class SourceMove {
    private static final System.Logger LOG = System.getLogger(SourceMove.class.getName());
    private static final Duration HOME_IS_FRESH = Duration.ofSeconds(1);
    /** A slow answer may be that of a connection that had to be made first. */
    private static final int HOME_ATTEMPTS = 3;
    /** A target keeps so much more free than it was told, bytes. */
    private static final long GROWS_UNASKED = 64 << 20;

    private final Surroundings around;
    private final MovePlan plan;
    private final Home home;
    private final Target target;
    private final Progress progress;
    private MoveNote.Stage stage = MoveNote.Stage.FREEZING;
    private long standsSince;
    private volatile @Nullable String aborted;

    SourceMove(Surroundings around, MovePlan plan) {
        this(around, plan, MoveState.PREPARED);
    }

    /** One that goes on where a killed agent left it. */
    static SourceMove after(Surroundings around, MoveNote note) {
        SourceMove move = new SourceMove(around, note.plan(), MoveState.RESTORED);
        move.stage = note.stage();
        return move;
    }

    private SourceMove(Surroundings around, MovePlan plan, MoveState from) {
        this.around = around;
        this.plan = plan;
        this.home = around.homes().of(plan);
        this.target = around.targets().of(plan);
        this.progress = new Progress(around, plan, "source", from);
        this.standsSince = around.pause().micros();
    }

    /** Asks a move that has not been proposed to stop; without effect on one that has. Any thread. */
    void abort(String why) {
        aborted = why;
    }

    /** Ends before it has begun. */
    void refuse(String why) {
        progress.enter(MoveState.REFUSED, why);
    }

    /** Does the move; returns when it has ended, however long that takes. */
    void run() {
        try {
            Register register = home.read();
            if (register.epoch() > plan.epoch()) {
                new SourceMove(around, plan, MoveState.RESTORED).finish(register);
                return;
            }
            if (!register.names(plan.epoch(), plan.source()))
                throw new IOException("the home says " + register + ", not epoch " + plan.epoch());
            move();
        } catch (Home.Gone e) {
            progress.enter(MoveState.LOST, e.why());
        } catch (IOException | RuntimeException e) {
            // the table throws if anything has been frozen: it stays frozen then, and noted
            progress.enter(MoveState.REFUSED, said(e));
        }
    }

    /**
     * Goes on with what a killed agent has noted: asks the home before anything else, however long that takes, and
     * leaves frozen what is frozen until then.
     */
    void recover() {
        try {
            Register register = asked();
            if (register.epoch() > plan.epoch()) finish(register);
            else if (stage == MoveNote.Stage.PROPOSED) finish(decided(plan.source()));
            else rollBack("the agent of " + plan.source() + " was restarted");
        } catch (Home.Gone e) {
            lose(e);
        }
    }

    private Register asked() throws Home.Gone {
        for (Backoff backoff = new Backoff(around.pause()); ; backoff.sleep()) {
            try {
                return home.read();
            } catch (IOException | RuntimeException e) {
                LOG.log(System.Logger.Level.WARNING, "asks the home again: " + plan, e);
            }
        }
    }

    /** @throws IOException if the move is refused: nothing has been frozen */
    private void move() throws IOException, Home.Gone {
        Tree tree = movable();
        long began = around.pause().micros();
        String failure;
        try (Images.Leaving leaving = around.images().leave(plan, tree);
                Target.Transfer transfer = target.open(leaving.checkpoint())) {
            progress.tookSince("ready", began);
            progress.at(MoveState.PREPARED.name());
            precopy(leaving, transfer);
            stillMovable(tree, leaving.checkpoint(), transfer);
            homeAnswers();
            stillWanted();
            noteFreezing();
            failure = tryUntilProposed(tree, leaving, transfer);
        }
        if (failure == null) decide(plan.target());
        else rollBack(failure);
    }

    /** For half of the time that is left at most: with what is precopied by then it moves. */
    private void precopy(Images.Leaving leaving, Target.Transfer transfer) throws IOException {
        long began = around.pause().micros();
        Instant now = around.pause().now();
        Instant end = now.plus(Duration.between(now, plan.deadline()).dividedBy(2));
        leaving.precopy(transfer, () -> aborted == null && around.pause().now().isBefore(end));
        progress.tookSince("precopy", began);
    }

    private Tree movable() throws IOException {
        Tree tree = around.rooms()
                .tree(plan)
                .orElseThrow(() -> new IOException("no process " + plan.process() + " is held here"));
        requireNoObstacles(tree);
        return tree;
    }

    private static void requireNoObstacles(Tree tree) throws IOException {
        List<String> obstacles = tree.obstacles();
        if (!obstacles.isEmpty()) throw new IOException(String.join("; ", obstacles));
    }

    /** It ran on meanwhile. */
    private static void stillMovable(Tree tree, Tree.Checkpoint checkpoint, Target.Transfer transfer)
            throws IOException {
        requireNoObstacles(tree);
        long memory = tree.memoryBytes();
        if (memory - checkpoint.memoryBytes() > GROWS_UNASKED && transfer.takesLayers()) transfer.grown(memory);
    }

    /** No freeze begins unless the home has answered within the last second. */
    private void homeAnswers() throws IOException, Home.Gone {
        for (int attempt = 0; attempt < HOME_ATTEMPTS; attempt++) {
            long asked = around.pause().micros();
            Register register = home.read();
            if (!register.names(plan.epoch(), plan.source()))
                throw new IOException("the home says " + register + ", not epoch " + plan.epoch());
            if (around.pause().micros() - asked < HOME_IS_FRESH.toNanos() / 1000) return;
        }
        throw new IOException("the home " + plan.home() + " answers too slowly");
    }

    private void stillWanted() throws IOException {
        String why = aborted;
        if (why != null) throw new IOException("aborted: " + why);
        around.pause().requireInTime(plan, plan.source());
    }

    /** Everything that may still be undone without asking anybody; null, or why it must be. */
    private @Nullable String tryUntilProposed(Tree tree, Images.Leaving leaving, Target.Transfer transfer) {
        try {
            freeze(tree);
            sendAndRestore(tree, leaving, transfer);
            String why = aborted;
            if (why != null) return "aborted: " + why;
            note(MoveNote.Stage.PROPOSED);
            progress.at("PROPOSED");
            return null;
        } catch (FreezeTimeout | IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "rolls back: " + plan, e);
            return said(e);
        }
    }

    private void freeze(Tree tree) throws IOException, FreezeTimeout {
        standsSince = around.pause().micros();
        tree.freeze(around.freezeDeadline());
        progress.tookSince("freeze", standsSince);
        progress.enter(MoveState.FROZEN);
    }

    private void sendAndRestore(Tree tree, Images.Leaving leaving, Target.Transfer transfer) throws IOException {
        long began = around.pause().micros();
        Images.Sent sent = leaving.send(transfer);
        progress.took("dump", sent.dumpMicros());
        progress.took("transfer", around.pause().micros() - began - sent.dumpMicros());
        progress.sent(sent.bytes());
        note(MoveNote.Stage.RESTORING);
        transfer.end(sent.files(), sent.bytes());
        // while the target restores
        leaving.end();
        tree.drainOutput();
        progress.took("restore", transfer.awaitRestored());
        progress.enter(MoveState.RESTORED);
    }

    /**
     * The commit point, or its undoing: makes the home decide, and returns what it has decided. An unknown answer means
     * to ask again: the same question may be asked any number of times, since only its first success changes anything.
     */
    private Register decided(String newHolder) throws Home.Gone {
        long began = around.pause().micros();
        for (Backoff backoff = new Backoff(around.pause()); ; backoff.sleep()) {
            try {
                Register register = home.compareAndSet(newHolder);
                if (register.epoch() > plan.epoch()) {
                    progress.tookSince("commit", began);
                    return register;
                }
                LOG.log(System.Logger.Level.WARNING, "the home left the register at {0}: {1}", register, plan);
            } catch (IOException | RuntimeException e) {
                LOG.log(System.Logger.Level.WARNING, "asks the home again: " + plan, e);
            }
        }
    }

    private void decide(String newHolder) {
        try {
            finish(decided(newHolder));
        } catch (Home.Gone e) {
            lose(e);
        }
    }

    /** The home has died, and with it the process; no copy may run. */
    private void lose(Home.Gone gone) {
        destroyCopy();
        end(MoveState.LOST, gone.why());
    }

    /** Acts on a register that has left the plan's epoch. */
    private void finish(Register register) {
        if (register.names(plan.nextEpoch(), plan.source())) stay(register, "taken back at the home");
        else leave(register);
    }

    private void leave(Register register) {
        progress.enter(MoveState.COMMITTED);
        handOver();
        long since = tellTarget(register);
        progress.tookSince("frozen", standsSince + since);
        long began = around.pause().micros();
        destroyCopy();
        progress.tookSince("settle", began);
        end(MoveState.SETTLED, "");
    }

    /** Best before the target runs; what is left of it comes with the destruction. */
    private void handOver() {
        try {
            Optional<Tree> tree = around.rooms().tree(plan);
            if (tree.isPresent()) tree.get().leave();
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "what the copy holds is passed on later: " + plan, e);
        }
    }

    private void destroyCopy() {
        insist("destroy the copy that has left", () -> {
            Optional<Tree> tree = around.rooms().tree(plan);
            if (tree.isPresent()) tree.get().destroy();
        });
    }

    /** The copy is gone: so is, after this, all else that was here, a guest's pod with the note in it too. */
    private void end(MoveState state, String why) {
        progress.keep(state, why);
        insist("leave", () -> around.rooms().left(plan));
        forget();
        progress.enter(state, why);
    }

    /** The home names this host for the next epoch. */
    private void stay(Register register, String why) {
        boolean runs = thaw();
        keep(register.epoch());
        tellTarget(register);
        staysHere(runs, why);
    }

    /** Nothing is proposed: the process runs on first, and the home is asked after it. */
    private void rollBack(String why) {
        boolean runs = thaw();
        if (stage == MoveNote.Stage.FREEZING) {
            keep(plan.epoch());
            staysHere(runs, why);
            return;
        }
        // the target may hold a copy that waits for the register: only the next epoch tells it that it waits in vain
        try {
            Register register = decided(plan.source());
            keep(register.epoch());
            tellTarget(register);
            staysHere(runs, why);
        } catch (Home.Gone e) {
            keep(plan.epoch());
            staysHere(false, why + "; " + e.why());
        }
    }

    /** @return whether there is still a process to run */
    private boolean thaw() {
        boolean[] runs = new boolean[1];
        insist("thaw", () -> {
            Optional<Tree> tree = around.rooms().tree(plan);
            if (tree.isPresent()) tree.get().thaw();
            runs[0] = tree.isPresent();
        });
        progress.tookSince("frozen", standsSince);
        return runs[0];
    }

    private void keep(long epoch) {
        insist("stay", () -> around.rooms().stays(plan, epoch));
    }

    private void staysHere(boolean runs, String why) {
        MoveState end = runs ? MoveState.ROLLED_BACK : MoveState.LOST;
        String words = runs ? why : "the process ended while it stood still; " + why;
        progress.keep(end, words);
        forget();
        progress.enter(end, words);
    }

    /** How long the target's copy has been running, microseconds, as far as that is known. */
    private long tellTarget(Register register) {
        try {
            return target.decide(register);
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.INFO, "the target will read the register by itself: " + plan, e);
            return 0;
        }
    }

    /** A note left by a move that never froze would thaw what a later one has frozen. */
    private void noteFreezing() throws IOException {
        try {
            note(MoveNote.Stage.FREEZING);
        } catch (IOException | RuntimeException e) {
            forget();
            throw e;
        }
    }

    private void note(MoveNote.Stage next) throws IOException {
        stage = next;
        around.notes().put(plan, MoveNotes.Role.SOURCE, new MoveNote(MoveNotes.Role.SOURCE, plan, next).bytes());
    }

    private void forget() {
        around.images().discard(plan);
        insist("forget", () -> around.notes().clear(plan, MoveNotes.Role.SOURCE));
        progress.at("FORGOTTEN");
    }

    private void insist(String what, Attempt attempt) {
        for (Backoff backoff = new Backoff(around.pause()); ; backoff.sleep()) {
            try {
                attempt.now();
                return;
            } catch (IOException | RuntimeException e) {
                LOG.log(System.Logger.Level.ERROR, "tries again to " + what + ": " + plan, e);
            }
        }
    }

    private static String said(Exception e) {
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    @FunctionalInterface
    private interface Attempt {
        void now() throws IOException;
    }
}

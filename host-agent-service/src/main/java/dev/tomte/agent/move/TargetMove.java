package dev.tomte.agent.move;

import dev.tomte.agent.tree.Tree;
import dev.tomte.agent.tree.Tree.Checkpoint;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.Request.Launch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * A move as its target does it.
 *
 * <p>The rules it keeps: until RESTORED is answered it drops everything when the transfer breaks, the migration is
 * aborted or the agent restarts; from then on its copy stands frozen until the home's register has been decided, and
 * nothing but the register makes it run or destroys it. Any thread; one at a time.
 */
final class TargetMove implements Arrival {
    private static final System.Logger LOG = System.getLogger(TargetMove.class.getName());

    /** What stands here. */
    private enum Stand {
        NOTHING,
        ROOM,
        ARRIVING,
        HELD,
        RUNS,
        OVER
    }

    private final Surroundings around;
    private final MovePlan plan;
    private final Home home;
    private final Progress progress;
    private Stand stand = Stand.NOTHING;
    private Tree.@Nullable Room room;
    private Images.@Nullable Arriving images;
    private long precopyRoom;
    private long runsSince;

    TargetMove(Surroundings around, MovePlan plan) {
        this(around, plan, MoveState.PLACED);
    }

    private TargetMove(Surroundings around, MovePlan plan, MoveState from) {
        this.around = around;
        this.plan = plan;
        this.home = around.homes().of(plan);
        this.progress = new Progress(around, plan, "target", from);
    }

    /** One that goes on where a killed agent left it; {@link #recover()} is to be called. */
    static TargetMove after(Surroundings around, MoveNote note) {
        TargetMove move = new TargetMove(around, note.plan(), MoveState.RESTORED);
        move.stand = note.stage() == MoveNote.Stage.RESTORED ? Stand.HELD : Stand.ROOM;
        return move;
    }

    /**
     * Finds what was made before the restart, and takes it down unless RESTORED may have been answered. Tries until it
     * can be told.
     */
    synchronized void recover() {
        for (Backoff backoff = new Backoff(around.pause()); ; backoff.sleep()) {
            try {
                room = around.rooms().find(plan).orElse(null);
                break;
            } catch (IOException | RuntimeException e) {
                LOG.log(System.Logger.Level.ERROR, "tries again to find the room: " + plan, e);
            }
        }
        if (stand == Stand.ROOM) dropInsisting();
    }

    /** Ends before it has begun. */
    synchronized void refuse(String why) {
        stand = Stand.OVER;
        progress.enter(MoveState.REFUSED, why);
    }

    /**
     * Makes room. Told PREPARED or REFUSED.
     *
     * @param memory bytes that the process is known to occupy; 0: not known
     */
    synchronized void prepare(Launch launch, long memory) {
        try {
            if (stand != Stand.NOTHING) throw new IOException("aborted");
            around.pause().requireInTime(plan, plan.target());
            long began = around.pause().micros();
            progress.at(MoveState.PLACED.name());
            room = around.rooms().open(plan, launch, memory);
            stand = Stand.ROOM;
            note(MoveNote.Stage.PREPARED);
            room.makeReady();
            progress.tookSince("prepare", began);
            progress.enter(MoveState.PREPARED);
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "cannot prepare: " + plan, e);
            dropInsisting();
            progress.enter(MoveState.REFUSED, e.getMessage() == null ? e.toString() : e.getMessage());
        }
    }

    /**
     * Begins the transfer; only once. When it returns, what restores waits for the images.
     *
     * @param caller the host its certificate names
     * @param checkpoint what comes
     * @throws IOException if this caller may not, there is no room, or it cannot be made ready, the message saying why
     */
    synchronized void begin(String caller, String incarnation, long epoch, String token, Checkpoint checkpoint)
            throws IOException {
        boolean knows = MessageDigest.isEqual(
                token.getBytes(StandardCharsets.UTF_8), plan.token().getBytes(StandardCharsets.UTF_8));
        if (!caller.equals(plan.source()) || !knows)
            throw new IOException(caller + " is not the source of " + plan.migration());
        if (!incarnation.equals(plan.incarnation()) || epoch != plan.nextEpoch())
            throw new IOException("epoch " + epoch + " is not what " + plan.migration() + " leads to");
        if (stand != Stand.ROOM) throw new IOException(plan.migration() + " is not expected any more");
        around.rooms().admit(plan, checkpoint.memoryBytes());
        precopyRoom = around.rooms().precopyRoom(plan, checkpoint.memoryBytes());
        Images.Arriving fresh = around.images().receive(plan);
        images = fresh;
        here().readyRestore(fresh.directory(), checkpoint);
        stand = Stand.ARRIVING;
    }

    @Override
    public synchronized long precopyRoom() {
        return precopyRoom;
    }

    @Override
    public synchronized void grown(long memoryBytes) throws IOException {
        arriving();
        around.rooms().admit(plan, Checkpoint.requireSize(memoryBytes));
    }

    @Override
    public synchronized void write(int layer, String file, long offset, ByteBuffer data) throws IOException {
        arriving().write(layer, file, offset, data);
    }

    @Override
    public synchronized long end(long files, long bytes) throws IOException {
        Images.Arriving arrived = arriving();
        Tree.Room here = here();
        arrived.end(files, bytes);
        progress.sent(bytes);
        progress.enterQuietly(MoveState.FROZEN);
        long began = around.pause().micros();
        here.restore();
        long micros = around.pause().micros() - began;
        progress.took("restore", micros);
        note(MoveNote.Stage.RESTORED);
        stand = Stand.HELD;
        progress.enter(MoveState.RESTORED);
        return micros;
    }

    @Override
    public synchronized void broken() {
        if (stand != Stand.ARRIVING) return;
        LOG.log(System.Logger.Level.WARNING, "the transfer broke: {0}", plan);
        dropInsisting();
    }

    /** The migration is over, unless its copy is held already. */
    synchronized void abort(String why) {
        switch (stand) {
            case NOTHING -> stand = Stand.OVER;
            case ROOM, ARRIVING -> dropInsisting();
            case HELD, RUNS, OVER -> {
                return;
            }
        }
        LOG.log(System.Logger.Level.INFO, "aborted ({0}): {1}", why, plan);
    }

    /** Whether nothing more will happen to it here. */
    synchronized boolean isOver() {
        return stand == Stand.RUNS || stand == Stand.OVER;
    }

    /** Whether only the register decides on it: {@link #ask()} is to be called until it is over. */
    synchronized boolean isHeld() {
        return stand == Stand.HELD;
    }

    private interface Question {
        Register ask() throws IOException, Home.Gone;
    }

    /**
     * Reads the register and acts on it; does nothing unless a copy is held.
     *
     * @throws IOException if it could not be read or acted on: to be asked again
     */
    void ask() throws IOException {
        actOn(home::read);
    }

    /** The same, but waits for a while for the decision if there is none yet. */
    void awaitDecision() throws IOException {
        actOn(home::awaitDecision);
    }

    /** What was true when it was answered stays true of a register that has been decided: others may act meanwhile. */
    private void actOn(Question question) throws IOException {
        if (!isHeld()) return;
        try {
            decided(question.ask());
        } catch (Home.Gone e) {
            lose(e);
        }
    }

    private synchronized void decided(Register register) throws IOException {
        if (stand != Stand.HELD) return;
        if (register.names(plan.nextEpoch(), plan.target())) run();
        else if (register.epoch() > plan.epoch()) drop();
        // else nothing is decided: it stands
    }

    private synchronized void lose(Home.Gone gone) throws IOException {
        if (stand != Stand.HELD) return;
        progress.keep(MoveState.LOST, gone.why());
        drop();
        progress.tell(MoveState.LOST, gone.why());
    }

    /** What stands here, for the source. */
    synchronized Moves.Standing standing() {
        return new Moves.Standing(
                stand.name(), runsSince == 0 ? 0 : around.pause().micros() - runsSince);
    }

    private void run() throws IOException {
        if (progress.state() == MoveState.RESTORED) progress.enter(MoveState.COMMITTED);
        Tree.Room here = room;
        if (here == null) {
            String why = "the copy at " + plan.target() + " has died";
            progress.keep(MoveState.LOST, why);
            around.notes().clear(plan, MoveNotes.Role.TARGET);
            stand = Stand.OVER;
            progress.tell(MoveState.LOST, why);
            return;
        }
        long began = around.pause().micros();
        here.run();
        stand = Stand.RUNS;
        runsSince = around.pause().micros();
        progress.tookSince("resume", began);
        around.images().discard(plan);
        progress.at(MoveState.SETTLED.name());
        around.notes().clear(plan, MoveNotes.Role.TARGET);
    }

    private void drop() throws IOException {
        if (stand == Stand.HELD) progress.at(MoveState.ROLLED_BACK.name());
        if (room != null) room.destroy();
        around.images().discard(plan);
        around.notes().clear(plan, MoveNotes.Role.TARGET);
        room = null;
        images = null;
        stand = Stand.OVER;
    }

    private void dropInsisting() {
        for (Backoff backoff = new Backoff(around.pause()); ; backoff.sleep()) {
            try {
                drop();
                return;
            } catch (IOException | RuntimeException e) {
                LOG.log(System.Logger.Level.ERROR, "tries again to take down the room: " + plan, e);
            }
        }
    }

    private void note(MoveNote.Stage stage) throws IOException {
        around.notes().put(plan, MoveNotes.Role.TARGET, new MoveNote(MoveNotes.Role.TARGET, plan, stage).bytes());
    }

    private Images.Arriving arriving() throws IOException {
        if (stand != Stand.ARRIVING || images == null)
            throw new IOException(plan.migration() + " is not expected any more");
        return images;
    }

    private Tree.Room here() throws IOException {
        if (room == null) throw new IOException("there is no room for " + plan.migration());
        return room;
    }
}

package dev.tomte.agent.move;

import dev.tomte.agent.tree.Tree.Checkpoint;
import dev.tomte.contracts.Command;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.contracts.Outcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * All moves of this host, by the commands that come for it. Calls return at once; what became of them is told to {@link
 * Outcomes}. A repeated command is answered with what was last told of its migration; one of an older generation than
 * the process's last is ignored. Any thread.
 */
public final class Moves {
    private static final System.Logger LOG = System.getLogger(Moves.class.getName());
    private static final int REMEMBERED = 1000;
    private final Surroundings around;
    private final Outcomes outcomes;
    private final Executor threads;
    private final Map<String, Long> generations = new HashMap<>();
    private final Map<String, Underway<SourceMove>> leaving = new HashMap<>();
    private final Map<String, Underway<TargetMove>> coming = new HashMap<>();
    private final Map<String, Outcome> told = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Outcome> eldest) {
            return size() > REMEMBERED;
        }
    };

    private record Underway<M>(MovePlan plan, M move) {}

    /**
     * What stands at a target.
     *
     * @param word in a word
     * @param runsSinceMicros how long the copy has been running; 0: none does
     */
    public record Standing(String word, long runsSinceMicros) {}

    /** @param threads runs each move in a thread of its own, which it may block for ever */
    public Moves(Surroundings around, Executor threads) {
        this.outcomes = around.outcomes();
        this.around = around.withOutcomes(new Remembered());
        this.threads = threads;
    }

    /** To this host as target. */
    public synchronized void prepare(Command.Prepare command) {
        MovePlan plan = command.plan();
        if (isOld(command) || isKnown(plan)) return;
        TargetMove move = new TargetMove(around, plan);
        coming.put(plan.migration(), new Underway<>(plan, move));
        threads.execute(() -> {
            String busy = busyFor(plan);
            if (busy == null) move.prepare(command.launch(), command.memory());
            else move.refuse(busy);
            if (move.isOver()) came(plan);
        });
    }

    /** To this host as source. */
    public synchronized void move(Command.Move command) {
        MovePlan plan = command.plan();
        if (isOld(command) || isKnown(plan)) return;
        SourceMove move = new SourceMove(around, plan);
        String busy = busyFor(plan);
        if (busy != null) {
            move.refuse(busy);
            return;
        }
        leave(plan, move, move::run);
    }

    /** To this host as source or target; nothing is done where the migration cannot be stopped any more. */
    public synchronized void abort(Command.Abort command) {
        if (isOld(command)) return;
        String migration = command.plan().migration();
        Underway<SourceMove> source = leaving.get(migration);
        if (source != null) source.move().abort(command.why());
        Underway<TargetMove> target = coming.get(migration);
        if (target == null) return;
        threads.execute(() -> {
            target.move().abort(command.why());
            if (target.move().isOver()) came(target.plan());
        });
    }

    /**
     * Takes up what was under way when the agent last ended; to be called once, before any command, when all pods have
     * been found. Each move then goes on by itself.
     *
     * @throws IOException if the notes cannot be read or rooms not be taken down: nothing has been taken up then
     * @throws tools.jackson.core.JacksonException if a note is none
     */
    public synchronized void recover() throws IOException {
        List<MoveNote> notes = new ArrayList<>();
        for (byte[] bytes : around.notes().all()) notes.add(MoveNote.of(bytes));
        around.rooms()
                .takeDownOthers(notes.stream()
                        .filter(it -> it.role() == MoveNotes.Role.TARGET)
                        .map(it -> it.plan().migration())
                        .collect(Collectors.toSet()));
        for (MoveNote note : notes) {
            LOG.log(System.Logger.Level.WARNING, "takes up {0} {1}: {2}", note.role(), note.stage(), note.plan());
            switch (note.role()) {
                case SOURCE -> {
                    SourceMove move = SourceMove.after(around, note);
                    leave(note.plan(), move, move::recover);
                }
                case TARGET -> {
                    TargetMove move = TargetMove.after(around, note);
                    coming.put(note.plan().migration(), new Underway<>(note.plan(), move));
                    threads.execute(() -> {
                        move.recover();
                        watch(note.plan(), move);
                    });
                }
            }
        }
    }

    /** Whether a move of this process is under way here: its tree may be frozen, and is not to be touched. */
    public synchronized boolean isUnderWay(String process) {
        return leaving.values().stream().anyMatch(it -> it.plan().process().equals(process))
                || coming.values().stream().anyMatch(it -> it.plan().process().equals(process));
    }

    /**
     * A source begins its transfer.
     *
     * @param caller the host that its certificate names
     * @param epoch the one that the process is to have here
     * @param checkpoint what comes
     * @throws IOException if it is not expected or there is no room for it, the message saying why
     */
    public Arrival begin(
            String caller, String migration, String incarnation, long epoch, String token, Checkpoint checkpoint)
            throws IOException {
        Underway<TargetMove> expected = expected(migration);
        TargetMove move = expected.move();
        move.begin(caller, incarnation, epoch, token, checkpoint);
        return new Watched(expected.plan(), move);
    }

    /**
     * A hint that a register has been decided.
     *
     * @return what stands here after it has been read
     * @throws IOException if the migration is not known here, not the caller's, or the register cannot be read now
     */
    public Standing decided(String caller, String migration) throws IOException {
        Underway<TargetMove> expected = expected(migration);
        if (!caller.equals(expected.plan().source()))
            throw new IOException(caller + " is not the source of " + migration);
        expected.move().ask();
        if (expected.move().isOver()) came(expected.plan());
        return expected.move().standing();
    }

    private synchronized Underway<TargetMove> expected(String migration) throws IOException {
        Underway<TargetMove> expected = coming.get(migration);
        if (expected == null) throw new IOException(migration + " is not expected here");
        return expected;
    }

    private void leave(MovePlan plan, SourceMove move, Runnable how) {
        leaving.put(plan.migration(), new Underway<>(plan, move));
        threads.execute(() -> {
            how.run();
            synchronized (this) {
                leaving.remove(plan.migration());
            }
        });
    }

    /**
     * Asks the home until it has decided on a held copy; never gives up. The home answers when it decides, which is before
     * the source can tell of it.
     */
    private void watch(MovePlan plan, TargetMove move) {
        Backoff backoff = new Backoff(around.pause());
        while (move.isHeld()) {
            try {
                move.awaitDecision();
            } catch (IOException | RuntimeException e) {
                LOG.log(System.Logger.Level.WARNING, "asks the home again: " + plan, e);
            }
            // an older home does not wait
            if (move.isHeld()) backoff.sleep();
        }
        if (move.isOver()) came(plan);
    }

    private synchronized void came(MovePlan plan) {
        coming.remove(plan.migration());
    }

    /**
     * Why another move of the same process keeps this one from beginning; null if none does. A target's earlier move
     * that has not restored is dropped: nobody can want it any more.
     */
    private @Nullable String busyFor(MovePlan plan) {
        Map<String, Underway<TargetMove>> others;
        synchronized (this) {
            for (Underway<SourceMove> other : leaving.values())
                if (isOther(other.plan(), plan))
                    return "its move " + other.plan().migration() + " has not ended";
            others = new HashMap<>(coming);
        }
        for (Underway<TargetMove> other : others.values()) {
            if (!isOther(other.plan(), plan)) continue;
            other.move().abort(plan.migration() + " follows");
            try {
                other.move().ask();
            } catch (IOException e) {
                LOG.log(System.Logger.Level.INFO, "an earlier move stays undecided: " + other.plan(), e);
            }
            if (!other.move().isOver()) return "its move " + other.plan().migration() + " is not decided";
            came(other.plan());
        }
        return null;
    }

    private static boolean isOther(MovePlan other, MovePlan plan) {
        return other.process().equals(plan.process()) && !other.migration().equals(plan.migration());
    }

    private boolean isOld(Command command) {
        long newest = generations.merge(command.process(), command.generation(), Math::max);
        return command.generation() < newest;
    }

    /** Whether the migration is known here; what was last told of it is then told again. */
    private boolean isKnown(MovePlan plan) {
        Outcome last;
        synchronized (told) {
            last = told.get(plan.migration());
        }
        if (last != null) outcomes.publish(last);
        return last != null || leaving.containsKey(plan.migration()) || coming.containsKey(plan.migration());
    }

    /** What is told on, so that it can be told again. */
    private final class Remembered implements Outcomes {
        @Override
        public void publish(Outcome outcome) {
            synchronized (told) {
                if (outcome.migration() != null) told.put(outcome.migration(), outcome);
            }
            outcomes.publish(outcome);
        }

        @Override
        public void keep(Outcome end) {
            outcomes.keep(end);
        }
    }

    /** An arrival after which the home is watched. */
    private final class Watched implements Arrival {
        private final MovePlan plan;
        private final TargetMove move;

        Watched(MovePlan plan, TargetMove move) {
            this.plan = plan;
            this.move = move;
        }

        @Override
        public long precopyRoom() {
            return move.precopyRoom();
        }

        @Override
        public void grown(long memoryBytes) throws IOException {
            move.grown(memoryBytes);
        }

        @Override
        public void write(int layer, String file, long offset, ByteBuffer data) throws IOException {
            move.write(layer, file, offset, data);
        }

        @Override
        public long end(long files, long bytes) throws IOException {
            try {
                return move.end(files, bytes);
            } finally {
                if (move.isHeld()) threads.execute(() -> watch(plan, move));
            }
        }

        @Override
        public void broken() {
            move.broken();
            if (move.isOver()) came(plan);
        }
    }
}

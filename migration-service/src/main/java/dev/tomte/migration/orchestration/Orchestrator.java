package dev.tomte.migration.orchestration;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Command;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.contracts.Migration;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.MoveTable;
import dev.tomte.contracts.Names;
import dev.tomte.contracts.Outcome;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Request;
import dev.tomte.migration.view.FleetView;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Decides for one partition what happens next, from the journal and what is asked and answered. It does nothing by
 * itself: its owner writes each {@link Decision} and shows its entries to the view before it asks again. If that fails
 * it throws the orchestrator away and takes over anew. One thread at a time.
 */
public final class Orchestrator {
    /** How long a target may take to prepare. */
    public static final Duration PREPARE_LIMIT = Duration.ofSeconds(20);
    /** After so long without a word, agents are asked again. */
    public static final Duration ASK_AGAIN = Duration.ofSeconds(5);
    /** From the placement: past it no agent begins a freeze. */
    static final Duration FREEZE_LIMIT = Duration.ofSeconds(60);
    /** If the home says that the process is over, its move is so too when its source says nothing for so long. */
    static final Duration SILENCE = Duration.ofSeconds(15);
    /** A predecessor may have died between the end it wrote and the abort it owed. */
    static final Duration ABORT_OWED = Duration.ofMinutes(2);

    /**
     * A start's: it comes from the partition of the name, whose generations say nothing of those of the process's own
     * partition, and must not exceed them.
     */
    private static final long FIRST = 1;

    private final long generation;
    private final FleetView fleet;
    private final Doorkeeper doorkeeper;
    private final Map<String, Open> open = new LinkedHashMap<>();
    private final Map<String, Request.Run> reserved = new LinkedHashMap<>();

    /**
     * An unfinished move.
     *
     * @param denied when its source said that it cannot move what by the journal stands still: it has forgotten
     */
    private record Open(Migration entry, Instant asked, Instant heard, Optional<Outcome> denied) {
        Open(Migration entry, Instant now) {
            this(entry, now, now, Optional.empty());
        }
    }

    /** @param generation of the ownership, larger than any before of this partition */
    public Orchestrator(long generation, FleetView fleet, Doorkeeper doorkeeper) {
        this.generation = generation;
        this.fleet = fleet;
        this.doorkeeper = doorkeeper;
    }

    /**
     * Continues what the predecessor left.
     *
     * @param journal of the partition's processes
     * @param starts asked for in this partition before, and answered by nobody yet; in their order
     */
    public Decision takeOver(Collection<Migration> journal, Collection<Request.Run> starts, Instant now) {
        starts.forEach(run -> reserved.putIfAbsent(run.launch().name(), run));
        Decision all = Decision.NOTHING;
        for (Migration entry : journal) all = all.and(takeOver(entry, now));
        return all;
    }

    private Decision takeOver(Migration left, Instant now) {
        if (left.state() == MoveState.UNKNOWN || left.state() == MoveState.SETTLED) return Decision.NOTHING;
        Migration mine = with(left, left.state(), left.message(), Map.of(), 0, now);
        if (left.state().isFinal()) {
            boolean owed = FleetView.lastChange(left).isAfter(now.minus(ABORT_OWED));
            return owed ? new Decision(List.of(), commands(mine), List.of()) : Decision.NOTHING;
        }
        if (left.state() == MoveState.REQUESTED)
            return place(mine, fleet.process(mine.plan().process()), now);
        open.put(mine.id(), new Open(mine, now));
        return new Decision(List.of(mine), commands(mine), List.of());
    }

    public Decision asked(Request request, Instant now) {
        return switch (request) {
            case Request.Run run -> run(run, now);
            case Request.Migrate migrate -> migrate(migrate, now);
            case Request.Begin begin -> begin(begin);
            case Request.Kill kill -> kill(kill);
            case Request.Policy policy ->
                Decision.command(new Command.Policy(
                        policy.host(), generation, policy.imports(), policy.exports(), policy.drains()));
            case Request.Play play -> Decision.command(new Command.Play(play.host(), generation, play.there()));
            case Request.Unknown _ -> Decision.NOTHING;
        };
    }

    /** All who ask for the same name meet in this partition; whoever comes first has it until its process ends. */
    private Decision run(Request.Run run, Instant now) {
        String name = run.launch().name();
        reserved.values().removeIf(other -> isAnswered(other.process()));
        if (isAnswered(run.process())) return Decision.NOTHING;
        Optional<String> holder = fleet.named(name)
                .map(ProcessStatus::process)
                .or(() -> Optional.ofNullable(reserved.get(name)).map(Request.Run::process))
                .filter(process -> !process.equals(run.process()));
        if (holder.isPresent()) {
            String why = "The name '%s' is taken by %s. Choose another".formatted(name, holder.get());
            return Decision.answer(new Outcome(run.process(), "", null, null, false, why, Map.of(), 0, now));
        }
        reserved.put(name, run);
        return Decision.command(new Command.Start(run.home(), run.process(), FIRST, run.launch()));
    }

    private boolean isAnswered(String process) {
        return fleet.process(process).isPresent() || fleet.failedStart(process).isPresent();
    }

    /** Only while it waits, and no move of it is under way: that would decide. */
    private Decision begin(Request.Begin begin) {
        return fleet.process(begin.process())
                .filter(p -> p.state() == ProcessStatus.State.WAITING)
                .filter(p -> fleet.moving(p.process()).isEmpty())
                .map(p -> Decision.command(new Command.Begin(p.home(), p.process(), generation, begin.why())))
                .orElse(Decision.NOTHING);
    }

    private Decision kill(Request.Kill kill) {
        return fleet.process(kill.process())
                .filter(ProcessStatus::isLiving)
                .map(p -> Decision.command(new Command.Signal(p.home(), p.process(), generation, kill.signal())))
                .orElse(Decision.NOTHING);
    }

    private Decision migrate(Request.Migrate asked, Instant now) {
        if (fleet.migration(asked.migration()).isPresent()) return Decision.NOTHING;
        Optional<ProcessStatus> process = fleet.process(asked.process());
        if (process.isEmpty()) return turnAway(asked, Doorkeeper.unknownProcess(asked.process()), now);
        FleetView.Place place = fleet.place(process.get());
        if (asked.source() != null && !asked.source().equals(place.holder()))
            return turnAway(asked, "it is on %s, not on %s any more".formatted(place.holder(), asked.source()), now);
        if (place.holder().equals(asked.target())) {
            String why = doorkeeper
                    .move(process.get(), asked.target(), asked.migration(), asked.reason(), now)
                    .map(Refusal::detail)
                    .orElse("it runs there already");
            return turnAway(asked, why, now);
        }
        // two placers, while one takes over from the other, may ask for the same: that is no failure of a move
        Optional<Refusal> moving = doorkeeper.moving(process.get(), asked.migration(), now);
        if (moving.isPresent()) return turnAway(asked, moving.get().detail(), now);
        Migration requested = new Migration(
                plan(asked, process.get(), place, now),
                process.get().name(),
                MoveState.REQUESTED,
                asked.reason(),
                asked.who(),
                asked.why(),
                asked.rejected(),
                "",
                Map.of(MoveState.REQUESTED, now),
                Map.of(),
                0,
                generation);
        return new Decision(List.of(requested), List.of(), List.of()).and(place(requested, process, now));
    }

    /** A move of which there can be no plan has no journal either; its asker learns it all the same. */
    private static Decision turnAway(Request.Migrate asked, String why, Instant now) {
        MoveMetrics.turnedAway(asked.reason());
        return Decision.answer(
                new Outcome(asked.process(), "", asked.migration(), MoveState.REFUSED, false, why, Map.of(), 0, now));
    }

    private MovePlan plan(Request.Migrate asked, ProcessStatus process, FleetView.Place place, Instant now) {
        return new MovePlan(
                asked.migration(),
                process.process(),
                process.incarnation(),
                place.epoch(),
                process.home(),
                place.holder(),
                asked.target(),
                address(process.home()),
                address(place.holder()),
                address(asked.target()),
                Names.fresh("t") + Names.fresh(""),
                now.plus(FREEZE_LIMIT));
    }

    private String address(String host) {
        return fleet.host(host).map(Availability::address).orElse("");
    }

    private Decision place(Migration requested, Optional<ProcessStatus> process, Instant now) {
        String target = requested.plan().target();
        Optional<String> refusal = process.isEmpty()
                ? Optional.of(Doorkeeper.unknownProcess(requested.plan().process()))
                : doorkeeper
                        .move(process.get(), target, requested.id(), requested.reason(), now)
                        .map(Refusal::detail);
        if (refusal.isPresent()) {
            // nobody has been told of it: there is nothing to take down
            Migration refused = with(requested, MoveState.REFUSED, refusal.get(), Map.of(), 0, now);
            return new Decision(List.of(refused), List.of(), List.of());
        }
        Migration placed = with(requested, MoveState.PLACED, "", Map.of(), 0, now);
        open.put(placed.id(), new Open(placed, now));
        return new Decision(List.of(placed), commands(placed), List.of());
    }

    /** Follows what an agent says of a move; what is late, repeated, or not for this agent to say changes nothing. */
    public Decision answered(Outcome outcome, Instant now) {
        Open move = outcome.migration() == null ? null : open.get(outcome.migration());
        MoveState state = outcome.state();
        if (move == null || state == null || !isEntitled(outcome, move.entry())) return Decision.NOTHING;
        // once a move is the source's, whatever another says is no sign of life of it
        boolean isAwaited = move.entry().state() == MoveState.PLACED
                || outcome.host().equals(move.entry().plan().source());
        boolean isDenied =
                state == MoveState.REFUSED && !MoveTable.isAhead(move.entry().state(), state);
        open.put(
                move.entry().id(),
                new Open(
                        move.entry(),
                        move.asked(),
                        isAwaited ? now : move.heard(),
                        isDenied ? Optional.of(outcome) : move.denied()));
        boolean answersAgain = isAwaited
                && state == move.entry().state()
                && !move.entry().message().isEmpty();
        if (!answersAgain && !MoveTable.isAhead(move.entry().state(), state)) return Decision.NOTHING;
        Migration next = with(move.entry(), state, outcome.message(), outcome.micros(), outcome.bytes(), now);
        return enter(next, now);
    }

    /** Who took no part in a move has no say in it, and a target's refusal counts until it is prepared. */
    private static boolean isEntitled(Outcome outcome, Migration move) {
        MovePlan plan = move.plan();
        boolean isTarget = outcome.host().equals(plan.target());
        return switch (outcome.state()) {
            case PREPARED -> isTarget;
            case REFUSED -> isTarget == (move.state() == MoveState.PLACED);
            case null, default -> isTarget || outcome.host().equals(plan.source());
        };
    }

    private Decision enter(Migration next, Instant now) {
        if (next.state().isFinal()) open.remove(next.id());
        else open.put(next.id(), new Open(next, now));
        boolean asks = next.state() == MoveState.PREPARED || next.state().isFinal();
        return new Decision(List.of(next), asks ? commands(next) : List.of(), List.of());
    }

    /** Asks again where nobody answers, and ends what time ends. To be called every second or so. */
    public Decision tick(Instant now) {
        Decision all = Decision.NOTHING;
        for (Open move : new ArrayList<>(open.values())) all = all.and(tick(move, now));
        return all;
    }

    private Decision tick(Open move, Instant now) {
        Migration entry = move.entry();
        if (entry.state() == MoveState.PLACED) {
            Instant since = entry.times().getOrDefault(MoveState.PLACED, move.heard());
            if (!now.isBefore(since.plus(PREPARE_LIMIT)))
                return enter(
                        with(entry, MoveState.REFUSED, entry.plan().target() + " did not answer", Map.of(), 0, now),
                        now);
        } else {
            Optional<Migration> end = byItsHome(move, now);
            if (end.isPresent()) return enter(end.get(), now);
        }
        if (now.isBefore(move.asked().plus(ASK_AGAIN))
                || now.isBefore(move.heard().plus(ASK_AGAIN))) return Decision.NOTHING;
        return askAgain(move, now);
    }

    private Decision askAgain(Open move, Instant now) {
        Migration entry = move.entry();
        List<Migration> said = List.of();
        if (entry.state() != MoveState.PLACED && entry.message().isEmpty()) {
            entry = with(
                    entry,
                    entry.state(),
                    "%s has not answered since %s; it is asked again and again"
                            .formatted(entry.plan().source(), move.heard()),
                    Map.of(),
                    0,
                    now);
            said = List.of(entry);
        }
        open.put(entry.id(), new Open(entry, now, move.heard(), move.denied()));
        return new Decision(said, commands(entry), List.of());
    }

    /**
     * The end of a move whose agents have no more to say: told by the process's home, which decides, and outlives the
     * hosts of a move. Nothing ends by time alone.
     */
    private Optional<Migration> byItsHome(Open move, Instant now) {
        Migration entry = move.entry();
        MovePlan plan = entry.plan();
        Optional<ProcessStatus> told = fleet.process(plan.process())
                .filter(process -> process.incarnation().equals(plan.incarnation()));
        if (told.isEmpty()) return Optional.empty();
        ProcessStatus process = told.get();
        if (!process.isLiving())
            return now.isBefore(move.heard().plus(SILENCE)) && move.denied().isEmpty()
                    ? Optional.empty()
                    : Optional.of(lost(entry, process, now));
        return move.denied()
                .flatMap(denied -> stands(plan, process, denied)
                        .filter(state -> MoveTable.isAhead(entry.state(), state))
                        .map(state -> with(entry, state, denied.message(), Map.of(), 0, now)));
    }

    /** Where the process is after a move of which its source knows nothing any more; empty if that is not sure. */
    private Optional<MoveState> stands(MovePlan plan, ProcessStatus process, Outcome denied) {
        if (process.epoch() > plan.epoch())
            return process.holder().equals(plan.target())
                    ? Optional.of(MoveState.SETTLED)
                    : Optional.of(MoveState.ROLLED_BACK);
        boolean isCurrent = fleet.host(plan.home())
                .filter(home -> home.at().isAfter(denied.at().plus(ASK_AGAIN)))
                .isPresent();
        return isCurrent ? Optional.of(MoveState.ROLLED_BACK) : Optional.empty();
    }

    private Migration lost(Migration entry, ProcessStatus process, Instant now) {
        String how = process.state() == ProcessStatus.State.ENDED
                ? "the process ended with exit status " + process.exitStatus() + " while it moved"
                : "the process was lost while it moved: " + process.message();
        return with(entry, MoveState.LOST, how, Map.of(), 0, now);
    }

    private List<Command> commands(Migration entry) {
        return Commands.of(entry, fleet.process(entry.plan().process()));
    }

    /** The moves that are under way here. */
    public Set<String> open() {
        return Set.copyOf(open.keySet());
    }

    private Migration with(
            Migration from, MoveState state, String message, Map<String, Long> micros, long bytes, Instant now) {
        if (state != from.state() && !MoveTable.isAhead(from.state(), state))
            throw new IllegalStateException("a move does not go from %s to %s".formatted(from.state(), state));
        Map<MoveState, Instant> times = new LinkedHashMap<>(from.times());
        times.putIfAbsent(state, now);
        Map<String, Long> durations = new LinkedHashMap<>(from.micros());
        durations.putAll(micros);
        return new Migration(
                from.plan(),
                from.name(),
                state,
                from.reason(),
                from.who(),
                from.why(),
                from.rejected(),
                message,
                times,
                durations,
                Math.max(bytes, from.bytes()),
                generation);
    }
}

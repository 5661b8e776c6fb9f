package dev.tomte.migration.placement;

import dev.tomte.contracts.Migration;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.migration.view.FleetView;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Snapshots of what a replica knows of the fleet. Any thread. */
public final class Snapshots {
    private final FleetView view;
    private final Supplier<Limits> limits;
    private final Ties ties;

    /** @param limits as they are now */
    public Snapshots(FleetView view, Supplier<Limits> limits, Ties ties) {
        this.view = view;
        this.limits = limits;
        this.ties = ties;
    }

    /** @param asked moves that have been asked for, and of which the journal may not tell yet */
    Snapshot take(Collection<Snapshot.UnderWay> asked, Instant now) {
        Limits kept = limits.get();
        Map<String, List<Migration>> journal = new HashMap<>();
        List<Snapshot.UnderWay> underWay = new ArrayList<>(asked);
        for (Migration move : view.migrations()) {
            journal.computeIfAbsent(move.plan().process(), any -> new ArrayList<>())
                    .add(move);
            if (!move.state().isFinal())
                underWay.add(new Snapshot.UnderWay(
                        move.plan().process(), move.plan().source(), move.plan().target()));
        }
        Set<String> awaited = asked.stream().map(Snapshot.UnderWay::process).collect(Collectors.toUnmodifiableSet());
        List<Movable> processes = view.processes().stream()
                .filter(ProcessStatus::isLiving)
                .map(process -> Movable.of(
                        process,
                        view.place(process).holder(),
                        journal.getOrDefault(process.process(), List.of()),
                        awaited.contains(process.process()),
                        now,
                        kept,
                        ties))
                .toList();
        return new Snapshot(now, view.hosts(), processes, underWay, kept);
    }

    /** Where a process is to begin that is not there yet, or waits: see {@link Placement#choose}. */
    public Move choose(ProcessStatus process, Instant now) {
        Movable one = Movable.of(process, process.home(), List.of(), false, now, limits.get(), ties);
        return Placement.choose(take(List.of(), now), one);
    }

    /** What holds of a process now, also of one that is only to be begun. */
    public Explanation explain(ProcessStatus process, Instant now) {
        Snapshot snapshot = take(List.of(), now);
        if (!process.isLiving())
            return new Explanation(process.message().isEmpty() ? "it has ended" : process.message(), List.of());
        return Placement.explain(
                snapshot,
                snapshot.processes().stream()
                        .filter(one -> one.id().equals(process.process()))
                        .findFirst()
                        .orElseGet(() ->
                                Movable.of(process, process.home(), List.of(), false, now, snapshot.limits(), ties)));
    }
}

package dev.tomte.migration.orchestration;

import dev.tomte.contracts.Command;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.contracts.Migration;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Request;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a move's state asks of the agents: the same again when a new owner takes over, or nobody has answered. */
final class Commands {
    /** Of no use to a guest pod, which needs no program of its own; only where the home no longer tells of it. */
    private static final int NOBODY = 65534;

    private Commands() {}

    static List<Command> of(Migration move, Optional<ProcessStatus> process) {
        MovePlan plan = move.plan();
        long generation = move.generation();
        return switch (move.state()) {
            case REQUESTED, SETTLED, UNKNOWN -> List.of();
            // the home first: it must know of the session before the target opens it
            case PLACED ->
                List.of(
                        new Command.Expect(plan.home(), generation, plan),
                        new Command.Prepare(
                                plan.target(),
                                generation,
                                plan,
                                launch(move, process),
                                process.map(ProcessStatus::memory).orElse(0L)));
            case PREPARED, FROZEN, RESTORED, COMMITTED -> List.of(new Command.Move(plan.source(), generation, plan));
            case REFUSED, ROLLED_BACK, LOST -> aborts(move);
        };
    }

    private static List<Command> aborts(Migration move) {
        MovePlan plan = move.plan();
        List<Command> aborts = new ArrayList<>();
        for (String host : new LinkedHashSet<>(List.of(plan.target(), plan.source(), plan.home())))
            aborts.add(new Command.Abort(host, move.generation(), plan, move.message()));
        return aborts;
    }

    private static Request.Launch launch(Migration move, Optional<ProcessStatus> process) {
        List<String> command = process.map(ProcessStatus::command)
                .filter(c -> !c.isEmpty() && !c.getFirst().isEmpty())
                .orElse(List.of(move.name()));
        String cwd =
                process.map(ProcessStatus::cwd).filter(d -> d.startsWith("/")).orElse("/");
        return new Request.Launch(
                move.name(),
                process.map(ProcessStatus::namespace).orElse(ProcessStatus.DEFAULT_NAMESPACE),
                command,
                Map.of(),
                cwd,
                process.map(ProcessStatus::uid).orElse(NOBODY),
                false,
                Request.Launch.Begins.HOME);
    }
}

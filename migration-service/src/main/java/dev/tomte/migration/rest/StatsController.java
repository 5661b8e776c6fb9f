package dev.tomte.migration.rest;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Migration;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Reason;
import dev.tomte.contracts.rest.StatsResource;
import dev.tomte.migration.access.Caller;
import dev.tomte.migration.access.Permission;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** What sharing has come to, counted from what this replica knows: sums over all hosts and processes, for who sees hosts. */
@RestController
final class StatsController {
    private final Fleet fleet;

    StatsController(Fleet fleet) {
        this.fleet = fleet;
    }

    @GetMapping("/api/v1/stats")
    StatsResource stats(Caller who) {
        fleet.seenBy(who).require(Permission.seeHosts());
        List<Availability> heard = fleet.view().hosts().stream()
                .filter(host -> !host.isSilent(fleet.now()))
                .toList();
        List<Availability> idle = heard.stream()
                .filter(host -> host.state() == Availability.State.AVAILABLE)
                .toList();
        List<ProcessStatus> processes = fleet.view().processes();
        Map<Reason, Integer> moves = new EnumMap<>(Reason.class);
        int failed = 0;
        for (Migration move : fleet.view().migrations()) {
            if (move.state() == MoveState.SETTLED) moves.merge(move.reason(), 1, Integer::sum);
            else if (move.state().isFinal()) failed++;
        }
        return new StatsResource(
                heard.size(),
                idle.size(),
                (int) processes.stream().filter(ProcessStatus::isLiving).count(),
                (int) processes.stream()
                        .filter(process -> process.isLiving() && process.isAway())
                        .count(),
                processes.stream().mapToLong(ProcessStatus::cpuHomeMicros).sum(),
                processes.stream().mapToLong(ProcessStatus::cpuAwayMicros).sum(),
                moves,
                failed,
                idle.stream()
                        .mapToDouble(host -> Math.max(
                                0, host.sharing().cores() - host.sharing().ownerCpu()))
                        .sum(),
                idle.stream().mapToDouble(host -> host.sharing().guestCpu()).sum());
    }
}

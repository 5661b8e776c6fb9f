package dev.tomte.migration.rest;

import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.rest.WhyResource;
import dev.tomte.migration.access.Caller;
import dev.tomte.migration.placement.Explanation;
import dev.tomte.migration.placement.Snapshots;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/** Why a process is where it is: what placement thinks of it now, and its journal. */
@RestController
final class WhyController {
    private final Fleet fleet;
    private final Snapshots snapshots;

    WhyController(Fleet fleet, Snapshots snapshots) {
        this.fleet = fleet;
        this.snapshots = snapshots;
    }

    @GetMapping("/api/v1/processes/{process}/why")
    WhyResource why(@PathVariable String process, Caller who) {
        Sight sight = fleet.seenBy(who);
        ProcessStatus found = sight.process(process);
        Explanation explanation = snapshots.explain(found, fleet.now());
        return new WhyResource(
                found,
                explanation.now(),
                sight.weighed(explanation.hosts()),
                sight.migrations().stream()
                        .filter(move -> move.process().equals(found.process()))
                        .toList());
    }
}

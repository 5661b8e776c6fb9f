package dev.tomte.migration.rest;

import dev.tomte.contracts.Names;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Request;
import dev.tomte.contracts.Request.Launch.Begins;
import dev.tomte.contracts.rest.RunOrder;
import dev.tomte.contracts.rest.SignalOrder;
import dev.tomte.migration.access.Caller;
import dev.tomte.migration.access.Permission;
import dev.tomte.migration.orchestration.Refusal;
import dev.tomte.migration.placement.Move;
import dev.tomte.migration.placement.Snapshots;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** The processes, by name or id. */
@RestController
@RequestMapping("/api/v1/processes")
final class ProcessesController {
    private static final Duration START_LIMIT = Duration.ofSeconds(15);

    private static final String WHO = "placement";

    private final Fleet fleet;
    private final Snapshots snapshots;

    ProcessesController(Fleet fleet, Snapshots snapshots) {
        this.fleet = fleet;
        this.snapshots = snapshots;
    }

    /** Newest first; those that have ended only if {@code all}. */
    @GetMapping
    List<ProcessStatus> processes(@RequestParam(defaultValue = "false") boolean all, Caller who) {
        return fleet.seenBy(who).processes().stream()
                .filter(process -> all || process.isLiving())
                .toList();
    }

    /** @param wait for its end, at most so many seconds; whoever asks sees by the state whether it has come */
    @GetMapping("/{process}")
    ProcessStatus process(@PathVariable String process, @RequestParam(defaultValue = "0") int wait, Caller who) {
        ProcessStatus found = fleet.seenBy(who).process(process);
        return fleet.await(
                        Fleet.wait(wait),
                        () -> fleet.view().process(found.process()).filter(p -> !p.isLiving()))
                .or(() -> fleet.view().process(found.process()))
                .orElse(found);
    }

    @PostMapping
    ResponseEntity<ProcessStatus> run(@RequestBody RunOrder order, Caller who) {
        Sight sight = fleet.seenBy(who);
        sight.requireStarting();
        Request.Launch launch = Launches.of(order);
        String home = order.home();
        if (home == null || home.isEmpty()) throw Problem.invalid("No home is given. Name the host it shall start at");
        sight.check(fleet.view()
                .named(launch.name())
                .map(holder -> new Refusal(
                        Refusal.Kind.NAME_TAKEN,
                        "The name '%s' is taken by %s. Choose another".formatted(launch.name(), holder.process()))));
        sight.check(fleet.doorkeeper().knownHost(home));
        sight.check(fleet.doorkeeper().heard(home, fleet.now()));
        String id = Names.fresh("p");
        if (launch.begins() == Begins.AWAY) requireSomebodyIdle(id, home, launch);
        fleet.outbox().ask(new Request.Run(id, home, launch, who.name(), fleet.now()));
        ProcessStatus started = started(id, home);
        // placement would do the same a moment later, and does if this replica dies
        if (started.state() == ProcessStatus.State.WAITING)
            fleet.outbox().ask(snapshots.choose(started, fleet.now()).asked(Names.fresh("m"), WHO, fleet.now()));
        return ResponseEntity.created(URI.create("/api/v1/processes/" + id)).body(started);
    }

    private void requireSomebodyIdle(String id, String home, Request.Launch launch) {
        ProcessStatus fresh = new ProcessStatus(
                id,
                launch.name(),
                launch.namespace(),
                home,
                home,
                "",
                1,
                ProcessStatus.State.WAITING,
                launch.uid(),
                launch.command(),
                launch.cwd(),
                fleet.now(),
                fleet.now(),
                null,
                0,
                0,
                0,
                launch.shared(),
                "");
        Move move = snapshots.choose(fresh, fleet.now());
        if (!move.leadsNowhere()) return;
        String hosts = move.rejected().stream()
                .map(host -> host.host() + ": " + host.why())
                .collect(Collectors.joining("; "));
        throw Problem.nobodyIdle("No host is idle that it could begin at (%s)".formatted(hosts));
    }

    private ProcessStatus started(String id, String home) {
        Optional<Boolean> isAnswered = fleet.await(
                START_LIMIT,
                () -> fleet.view().process(id).isPresent()
                                || fleet.view().failedStart(id).isPresent()
                        ? Optional.of(true)
                        : Optional.empty());
        if (isAnswered.isEmpty())
            throw Problem.unanswered("%s has not said within %d s that it started %s. It may start yet; look for it"
                    .formatted(home, START_LIMIT.toSeconds(), id));
        return fleet.view()
                .process(id)
                .orElseThrow(() -> Problem.refused(
                        fleet.view().failedStart(id).orElseThrow().message()));
    }

    @PostMapping("/{process}/signal")
    @ResponseStatus(HttpStatus.ACCEPTED)
    ProcessStatus signal(@PathVariable String process, @RequestBody SignalOrder order, Caller who) {
        Sight sight = fleet.seenBy(who);
        ProcessStatus found = sight.process(process);
        sight.require(Permission.dispose(found));
        int signal = Signals.number(order.signal());
        sight.requireLiving(found);
        fleet.outbox().ask(new Request.Kill(found.process(), signal, who.name(), fleet.now()));
        return found;
    }
}

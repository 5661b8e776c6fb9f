package dev.tomte.migration.rest;

import dev.tomte.contracts.Migration;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.Names;
import dev.tomte.contracts.Outcome;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Reason;
import dev.tomte.contracts.Request;
import dev.tomte.contracts.rest.MigrationResource;
import dev.tomte.contracts.rest.MoveOrder;
import dev.tomte.migration.access.Caller;
import dev.tomte.migration.access.Permission;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The moves, as the journal has them. */
@RestController
@RequestMapping("/api/v1/migrations")
final class MigrationsController {
    /** Longer than another replica needs to take over. */
    private static final Duration PLACE_LIMIT = Duration.ofSeconds(15);

    private static final int WHY_LIMIT = 200;

    private final Fleet fleet;

    MigrationsController(Fleet fleet) {
        this.fleet = fleet;
    }

    /** Newest first. */
    @GetMapping
    List<MigrationResource> migrations(@RequestParam(required = false) @Nullable String process, Caller who) {
        Sight sight = fleet.seenBy(who);
        String id = process == null ? null : sight.process(process).process();
        return sight.migrations().stream()
                .filter(move -> id == null || move.process().equals(id))
                .toList();
    }

    /**
     * @param wait at most so many seconds, until it has ended
     * @param after wait only until its state is another than this
     */
    @GetMapping("/{id}")
    MigrationResource migration(
            @PathVariable String id,
            @RequestParam(defaultValue = "0") int wait,
            @RequestParam(required = false) @Nullable MoveState after,
            Caller who) {
        Duration limit = Fleet.wait(wait);
        Sight sight = fleet.seenBy(who);
        Migration now = fleet.sought(() -> sight.migration(id)).orElseThrow(() -> unknown(id, sight));
        return sight.shown(fleet.await(
                        limit,
                        () -> fleet.view()
                                .migration(id)
                                .filter(m -> m.state().isFinal() || (after != null && m.state() != after)))
                .or(() -> fleet.view().migration(id))
                .orElse(now));
    }

    private static Problem unknown(String id, Sight sight) {
        return Problem.unknownMigration(sight.turnedAway(id)
                .map(outcome -> "%s was not begun: %s".formatted(id, outcome.message()))
                .orElse("There is no migration '%s', or it ended more than a day ago. GET /api/v1/migrations lists them"
                        .formatted(id.length() > 80 ? id.substring(0, 80) + "..." : id)));
    }

    @PostMapping
    ResponseEntity<MigrationResource> move(@RequestBody MoveOrder order, Caller who) {
        if (order.process() == null || order.process().isEmpty())
            throw Problem.invalid("No process is given. Name the one that shall move");
        if (order.target() == null || order.target().isEmpty())
            throw Problem.invalid("No target is given. Name a host, or 'home'");
        if (order.why() != null && order.why().length() > WHY_LIMIT)
            throw Problem.invalid("The reason is longer than " + WHY_LIMIT + " characters");
        String why = order.why() == null ? "asked for by " + who.name() : order.why();
        Sight sight = fleet.seenBy(who);
        ProcessStatus process = sight.process(order.process());
        sight.require(Permission.dispose(process));
        String target = target(order.target(), process);
        String id = Names.fresh("m");
        sight.check(fleet.doorkeeper().move(process, target, id, Reason.OPERATOR, fleet.now()));
        fleet.outbox()
                .ask(new Request.Migrate(
                        process.process(), id, null, target, Reason.OPERATOR, who.name(), why, List.of(), fleet.now()));
        return ResponseEntity.accepted()
                .location(URI.create("/api/v1/migrations/" + id))
                .body(placed(id, sight));
    }

    private String target(String asked, ProcessStatus process) {
        return asked.equals("home") && fleet.view().host(asked).isEmpty() ? process.home() : asked;
    }

    /** The answer of the partition's owner: two who ask at once are both let through here, and one is refused there. */
    private MigrationResource placed(String id, Sight sight) {
        Optional<Boolean> isAnswered = fleet.await(
                PLACE_LIMIT,
                () -> fleet.view()
                                        .migration(id)
                                        .filter(m -> m.state() != MoveState.REQUESTED)
                                        .isPresent()
                                || fleet.view().turnedAway(id).isPresent()
                        ? Optional.of(true)
                        : Optional.empty());
        if (isAnswered.isEmpty())
            throw Problem.unanswered(
                    "No owner of the process's partition has answered within %d s. %s may begin yet; look for it"
                            .formatted(PLACE_LIMIT.toSeconds(), id));
        Optional<Outcome> turnedAway = fleet.view().turnedAway(id);
        if (turnedAway.isPresent()) throw Problem.refused(turnedAway.get().message());
        Migration migration = fleet.view().migration(id).orElseThrow();
        boolean isRefusedAtOnce =
                migration.state() == MoveState.REFUSED && !migration.times().containsKey(MoveState.PLACED);
        if (isRefusedAtOnce) throw Problem.refused(migration.message());
        return sight.shown(migration);
    }
}

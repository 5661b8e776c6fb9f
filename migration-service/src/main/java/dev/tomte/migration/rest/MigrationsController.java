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
import java.net.URI;
import java.security.Principal;
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
    List<MigrationResource> migrations(@RequestParam(required = false) @Nullable String process) {
        String id = process == null ? null : fleet.process(process).process();
        return fleet.view().migrations().stream()
                .filter(m -> id == null || m.plan().process().equals(id))
                .map(MigrationResource::of)
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
            @RequestParam(required = false) @Nullable MoveState after) {
        Duration limit = Fleet.wait(wait);
        Migration now = fleet.sought(() -> fleet.view().migration(id)).orElseThrow(() -> unknown(id));
        return MigrationResource.of(fleet.await(
                        limit,
                        () -> fleet.view()
                                .migration(id)
                                .filter(m -> m.state().isFinal() || (after != null && m.state() != after)))
                .or(() -> fleet.view().migration(id))
                .orElse(now));
    }

    private Problem unknown(String id) {
        return Problem.unknownMigration(fleet.view()
                .turnedAway(id)
                .map(outcome -> "%s was not begun: %s".formatted(id, outcome.message()))
                .orElse("There is no migration '%s', or it ended more than a day ago. GET /api/v1/migrations lists them"
                        .formatted(id.length() > 80 ? id.substring(0, 80) + "..." : id)));
    }

    @PostMapping
    ResponseEntity<MigrationResource> move(@RequestBody MoveOrder order, Principal who) {
        if (order.process() == null || order.process().isEmpty())
            throw Problem.invalid("No process is given. Name the one that shall move");
        if (order.target() == null || order.target().isEmpty())
            throw Problem.invalid("No target is given. Name a host, or 'home'");
        String why = order.why() == null ? "asked for by " + who.getName() : order.why();
        if (why.length() > WHY_LIMIT) throw Problem.invalid("The reason is longer than " + WHY_LIMIT + " characters");
        ProcessStatus process = fleet.process(order.process());
        String target = target(order.target(), process);
        String id = Names.fresh("m");
        Fleet.check(fleet.doorkeeper().move(process, target, id, Reason.OPERATOR, fleet.now()));
        fleet.outbox()
                .ask(new Request.Migrate(
                        process.process(),
                        id,
                        null,
                        target,
                        Reason.OPERATOR,
                        who.getName(),
                        why,
                        List.of(),
                        fleet.now()));
        return ResponseEntity.accepted()
                .location(URI.create("/api/v1/migrations/" + id))
                .body(placed(id));
    }

    private String target(String asked, ProcessStatus process) {
        return asked.equals("home") && fleet.view().host(asked).isEmpty() ? process.home() : asked;
    }

    /** The answer of the partition's owner: two who ask at once are both let through here, and one is refused there. */
    private MigrationResource placed(String id) {
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
        return MigrationResource.of(migration);
    }
}

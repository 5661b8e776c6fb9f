package dev.tomte.migration.rest;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Cause;
import dev.tomte.contracts.Request;
import dev.tomte.contracts.SharePolicy;
import dev.tomte.contracts.Who;
import dev.tomte.contracts.rest.OwnerOrder;
import dev.tomte.contracts.rest.PolicyOrder;
import dev.tomte.migration.access.Caller;
import dev.tomte.migration.access.Permission;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** The hosts: what each last said, and that it is unavailable if that was too long ago; and what is asked of them. */
@RestController
@RequestMapping("/api/v1/hosts")
final class HostsController {
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(15);

    private final Fleet fleet;

    HostsController(Fleet fleet) {
        this.fleet = fleet;
    }

    @GetMapping
    List<Availability> hosts(Caller who) {
        return fleet.seenBy(who).hosts();
    }

    @GetMapping("/{name}")
    Availability host(@PathVariable String name, Caller who) {
        return fleet.seenBy(who).host(name);
    }

    /** The host's own word is waited for: it keeps its policy. */
    @PostMapping("/{name}/policy")
    Availability policy(@PathVariable String name, @RequestBody PolicyOrder order, Caller who) {
        Sight sight = fleet.seenBy(who);
        SharePolicy now = changeable(name, sight).sharing().policy();
        Who imports = who(order.imports());
        Who exports = who(order.exports());
        if (imports == null && exports == null && order.drains() == null)
            throw Problem.invalid("Nothing is given to change: imports, exports or drains");
        SharePolicy wanted = now.withImports(imports == null ? now.imports() : imports)
                .withExports(exports == null ? now.exports() : exports)
                .draining(order.drains() == null ? now.drains() : order.drains());
        fleet.outbox().ask(new Request.Policy(name, imports, exports, order.drains(), who.getName(), fleet.now()));
        return answered(name, sight, host -> host.sharing().policy().equals(wanted));
    }

    private static @Nullable Who who(@Nullable String word) {
        return word == null ? null : Who.of(word);
    }

    /** Whoever returns is waited for until the host has seen it; whoever leaves is believed after a while only. */
    @PostMapping("/{name}/owner")
    Availability owner(@PathVariable String name, @RequestBody OwnerOrder order, Caller who) {
        Sight sight = fleet.seenBy(who);
        Availability now = changeable(name, sight);
        Boolean there = order.there();
        if (there == null) throw Problem.invalid("It is not said whether the owner is there");
        if (!now.sharing().ownerPlayed()) throw Problem.realOwner(name);
        fleet.outbox().ask(new Request.Play(name, there, who.getName(), fleet.now()));
        return there ? answered(name, sight, host -> host.sharing().cause() == Cause.OWNER) : sight.host(name);
    }

    private Availability changeable(String name, Sight sight) {
        Availability host = sight.host(name);
        sight.require(Permission.changeHost(name));
        sight.check(fleet.doorkeeper().heard(name, fleet.now()));
        return host;
    }

    private Availability answered(String name, Sight sight, Predicate<Availability> wanted) {
        Optional<Availability> answer =
                fleet.await(ANSWER_LIMIT, () -> fleet.view().host(name).filter(wanted));
        return answer.map(host -> sight.host(name))
                .orElseThrow(() -> Problem.unanswered("%s has not said so within %d s. It may do it yet; look"
                        .formatted(name, ANSWER_LIMIT.toSeconds())));
    }
}

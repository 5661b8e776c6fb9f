package dev.tomte.migration.rest;

import dev.tomte.contracts.Availability;
import dev.tomte.migration.orchestration.Doorkeeper;
import java.util.List;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** The hosts: what each last said, and that it is unavailable if that was too long ago. */
@RestController
@RequestMapping("/api/v1/hosts")
final class HostsController {
    private final Fleet fleet;

    HostsController(Fleet fleet) {
        this.fleet = fleet;
    }

    @GetMapping
    List<Availability> hosts() {
        return fleet.view().hosts().stream()
                .map(host -> Doorkeeper.asItCounts(host, fleet.now()))
                .toList();
    }

    @GetMapping("/{name}")
    Availability host(@PathVariable String name) {
        Fleet.check(fleet.doorkeeper().knownHost(name));
        return Doorkeeper.asItCounts(fleet.view().host(name).orElseThrow(), fleet.now());
    }
}

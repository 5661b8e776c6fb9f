package dev.tomte.acceptance;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.rest.OwnerOrder;
import dev.tomte.contracts.rest.PolicyOrder;
import dev.tomte.fleet.Slowness;
import java.time.Duration;

/** The hosts' owners, who are played. */
final class Owners {
    static final Duration LIMIT = Slowness.limit(Duration.ofSeconds(60));

    private final Fleet fleet;

    Owners(Fleet fleet) {
        this.fleet = fleet;
    }

    /** Nobody is there, and nobody minds guests. */
    void areAway() {
        for (String host : Fleet.HOSTS) {
            is(host, false);
            assertTrue(fleet.rest()
                    .post("/hosts/" + host + "/policy", new PolicyOrder("all", "all", false))
                    .ok());
        }
    }

    void is(String host, boolean there) {
        Rest.Answer answer = fleet.rest().post("/hosts/" + host + "/owner", new OwnerOrder(there));
        assertTrue(answer.ok(), answer.text());
    }

    Availability host(String name) {
        return fleet.rest().get("/hosts/" + name).as(Availability.class);
    }

    void awaitIdle(String... hosts) {
        for (String host : hosts)
            await(host + " is idle").atMost(LIMIT).until(() -> host(host).state() == Availability.State.AVAILABLE);
    }

    void awaitBusy(String... hosts) {
        for (String host : hosts)
            await(host + " is not idle")
                    .atMost(LIMIT)
                    .until(() -> host(host).state() == Availability.State.UNAVAILABLE);
    }
}

package dev.tomte.acceptance;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Cause;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Reason;
import dev.tomte.contracts.rest.MigrationResource;
import dev.tomte.contracts.rest.OwnerOrder;
import dev.tomte.contracts.rest.PolicyOrder;
import dev.tomte.contracts.rest.WhyResource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Work goes to idle hosts by itself, and leaves them when their owners come back. Owners are played; only they decide
 * what is idle here, not what else this machine does.
 */
@Order(6)
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class SharingTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Fleet fleet = Fleet.up();

    @BeforeEach
    @AfterEach
    void everybodyIsAway() {
        for (String host : Fleet.HOSTS) {
            owner(host, false);
            assertTrue(fleet.rest()
                    .post("/hosts/" + host + "/policy", new PolicyOrder("all", "all", false))
                    .ok());
        }
    }

    private void owner(String host, boolean there) {
        Rest.Answer answer = fleet.rest().post("/hosts/" + host + "/owner", new OwnerOrder(there));
        assertTrue(answer.ok(), answer.text());
    }

    private Availability host(String name) {
        return fleet.rest().get("/hosts/" + name).as(Availability.class);
    }

    private void awaitIdle(String... hosts) {
        for (String host : hosts)
            await(host + " is idle").atMost(LIMIT).until(() -> host(host).state() == Availability.State.AVAILABLE);
    }

    private void awaitOn(Guest guest, String host) {
        await(guest.name() + " is on " + host)
                .atMost(LIMIT)
                .until(() -> guest.status().holder().equals(host));
    }

    private List<MigrationResource> moves(Guest guest) {
        return List.of(fleet.rest().get("/migrations?process=" + guest.id()).as(MigrationResource[].class));
    }

    @Test
    void workGoesToAnIdleHostAndLeavesItsOwnerWhoComesBack() {
        owner("ws1", true);
        owner("ws3", true);
        awaitIdle("ws2");
        try (Guest guest = Guest.shared(fleet, "ws1", "shared")) {
            awaitOn(guest, "ws2");
            guest.progress(3);
            owner("ws3", false);
            awaitIdle("ws3");
            owner("ws2", true);
            awaitOn(guest, "ws3");
            guest.progress(3);
            await("nothing of it is left on ws2")
                    .atMost(LIMIT)
                    .until(() -> host("ws2").guests() == 0
                            && host("ws2").sharing().held().isEmpty());
            WhyResource why =
                    fleet.rest().get("/processes/" + guest.id() + "/why").as(WhyResource.class);
            assertEquals(
                    List.of(Reason.OWNER, Reason.PLACEMENT),
                    why.moves().stream().map(MigrationResource::reason).toList());
            assertTrue(why.moves().getFirst().why().startsWith("the owner of ws2 is back"), why::toString);
            assertTrue(why.moves().getLast().why().startsWith("ws2 has been idle for"), why::toString);
            assertTrue(
                    why.moves().getLast().rejected().stream()
                            .anyMatch(it -> it.host().equals("ws3") && it.why().startsWith("not idle: ")),
                    why::toString);
            String told = Fleet.mig("why", "shared").expect(0).out();
            assertTrue(told.contains("ws2 -> ws3, SETTLED, for owner"), told);
            guest.finish();
        }
    }

    @Test
    void whenAllOwnersComeBackHomeTakesItsOwn() {
        awaitIdle(Fleet.HOSTS.toArray(String[]::new));
        try (Guest guest = Guest.shared(fleet, "ws1", "everybody")) {
            await("it is away").atMost(LIMIT).until(() -> guest.status().isAway());
            guest.progress(3);
            Fleet.HOSTS.forEach(host -> owner(host, true));
            awaitOn(guest, "ws1");
            guest.progress(3);
            guest.finish();
        }
    }

    @Test
    void aHostThatImportsNothingTakesNothingAndLosesWhatItHad() {
        owner("ws3", true);
        awaitIdle("ws2");
        try (Guest guest = Guest.shared(fleet, "ws1", "unwanted")) {
            awaitOn(guest, "ws2");
            Fleet.mig("policy", "ws2", "--import", "none").expect(0);
            awaitOn(guest, "ws1");
            assertEquals(Reason.POLICY, moves(guest).getFirst().reason());
            // whoever asks is bound by it too; as long as its move has not ended, that is the answer
            await("the policy is the answer")
                    .atMost(LIMIT)
                    .until(() -> guest.askToMigrate("ws2").detail().contains("ws2 imports none"));
            guest.finish();
        }
    }

    @Test
    void aHostThatDrainsIsEmptied() {
        try (Guest guest = Guest.counter(fleet, "ws1", "drained")) {
            guest.migrate("ws2");
            Fleet.mig("drain", "ws2").expect(0);
            await("it has left ws2")
                    .atMost(LIMIT)
                    .until(() -> !guest.status().holder().equals("ws2"));
            await("ws2 is empty").atMost(LIMIT).until(() -> host("ws2").guests() == 0);
            assertEquals(Reason.DRAIN, moves(guest).getFirst().reason());
            Fleet.mig("drain", "--end", "ws2").expect(0);
            guest.finish();
        }
    }

    @Test
    void whoIsPutSomewhereStaysThoughTheOwnerIsThereUntilTheOwnerComesBack() {
        owner("ws2", true);
        try (Guest guest = Guest.counter(fleet, "ws1", "insisted")) {
            assertEquals(MoveState.SETTLED, guest.migrate("ws2").state());
            guest.progress(10);
            assertEquals("ws2", guest.status().holder());
            assertEquals(Cause.OWNER, host("ws2").sharing().cause());
            owner("ws2", false);
            awaitIdle("ws2");
            owner("ws2", true);
            await("it has left ws2")
                    .atMost(LIMIT)
                    .until(() -> !guest.status().holder().equals("ws2"));
            guest.progress(3);
            guest.finish();
        }
    }

    @Test
    void whoCannotLeaveStandsUntilTheOwnerLeaves() throws IOException {
        awaitIdle("ws2");
        try (Guest guest = Guest.counter(fleet, "ws1", "stranded")) {
            guest.migrate("ws2");
            guest.progress(3);
            Fleet.tomte("crash", "ws1").expect(0);
            try {
                await("ws1 is missed").atMost(LIMIT).until(() -> host("ws1").isSilent(Instant.now()));
                owner("ws2", true);
                await("it is held")
                        .atMost(LIMIT)
                        .until(() -> host("ws2").sharing().held().contains(guest.id()));
                WhyResource why =
                        fleet.rest().get("/processes/" + guest.id() + "/why").as(WhyResource.class);
                assertTrue(why.now().contains("without its home ws1"), why::toString);
            } finally {
                Fleet.tomte("start", "ws1").expect(0);
                fleet.awaitUp("ws1");
            }
            await("it has left")
                    .atMost(LIMIT)
                    .until(() -> !guest.status().holder().equals("ws2"));
            guest.progress(3);
            guest.finish();
        }
    }

    @Test
    void aHostWhoseInputCannotBeReadIsNeverIdle() throws IOException {
        awaitIdle("ws2", "ws3");
        Path devices = Fleet.run().resolve("ws3/owner/input");
        Path aside = devices.resolveSibling("aside");
        Files.move(devices, aside);
        Files.createFile(devices);
        try {
            await("ws3 is not known to be idle")
                    .atMost(LIMIT)
                    .until(() -> host("ws3").state() == Availability.State.UNKNOWN
                            && host("ws3").why().equals("the input devices cannot be listed"));
            try (Guest guest = Guest.shared(fleet, "ws1", "careful")) {
                awaitOn(guest, "ws2");
                guest.finish();
            }
        } finally {
            Files.delete(devices);
            Files.move(aside, devices);
        }
    }

    @Test
    void runWithoutAHomeIsSharedAndHereStays() {
        awaitIdle(Fleet.HOSTS.toArray(String[]::new));
        String loop = "trap 'exit 0' TERM; while :; do sleep 0.05; done";
        Fleet.mig("run", "--name", "roams", "--", "sh", "-c", loop).expect(0);
        Fleet.mig("run", "--name", "stays", "--here", "--", "sh", "-c", loop).expect(0);
        try {
            await("the shared one is away")
                    .atMost(LIMIT)
                    .until(() -> fleet.rest()
                            .get("/processes/roams")
                            .as(ProcessStatus.class)
                            .isAway());
            ProcessStatus stays = fleet.rest().get("/processes/stays").as(ProcessStatus.class);
            assertEquals(stays.home(), stays.holder());
            String stats = Fleet.mig("stats").expect(0).out();
            assertTrue(stats.contains("moves for placement"), stats);
            String top = Fleet.mig("top", "--count", "1").expect(0).out();
            assertTrue(top.contains("roams") && top.contains("placement"), top);
            String hosts = Fleet.mig("hosts").expect(0).out();
            assertTrue(hosts.contains("IMPORTS"), hosts);
        } finally {
            Fleet.mig("kill", "roams").expect(0);
            Fleet.mig("kill", "stays").expect(0);
        }
        assertEquals(0, Fleet.mig("wait", "roams").status());
        assertEquals(0, Fleet.mig("wait", "stays").status());
    }
}

package dev.tomte.acceptance;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Reason;
import dev.tomte.contracts.rest.MigrationResource;
import dev.tomte.contracts.rest.PolicyOrder;
import dev.tomte.contracts.rest.WhyResource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** What goes wrong while work is shared: no process is lost or runs twice, and {@code mig why} tells the story. */
@Order(8)
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class SharingFaultsTest {
    /** More than leave a host at once. */
    private static final int STORM = 6;

    private static final int FLICKERS = 50;
    private static final int FLICKER_MILLIS = 100;
    /** Of one process within an hour, without anybody's asking. */
    private static final int MOVES_PER_HOUR = 20;

    private final Fleet fleet = Fleet.up();
    private final Owners owners = new Owners(fleet);
    private final Faults faults = new Faults(fleet);

    @BeforeEach
    @AfterEach
    void everybodyIsAway() {
        fleet.awaitWhole();
        owners.areAway();
    }

    private WhyResource why(Guest guest) {
        return fleet.rest().get("/processes/" + guest.id() + "/why").as(WhyResource.class);
    }

    private MigrationResource lastMove(Guest guest) {
        return why(guest).moves().getFirst();
    }

    private void awaitGone(Guest guest, String host) {
        await(guest.name() + " has left " + host)
                .atMost(Owners.LIMIT.multipliedBy(2))
                .until(() -> !guest.status().holder().equals(host));
    }

    @Test
    void replicasDieInAnEvictionStorm() throws IOException {
        owners.awaitIdle("ws2");
        List<Guest> guests = new ArrayList<>();
        try {
            for (int i = 0; i < STORM; i++) guests.add(Guest.counter(fleet, "ws1", "storm-" + i));
            for (Guest guest : guests) guest.migrate("ws2");
            try (Checker checker = new Checker(guests.stream().map(Guest::id).toList())) {
                owners.is("ws2", true);
                await("the storm has begun")
                        .atMost(Owners.LIMIT)
                        .until(() -> owners.host("ws2").sharing().held().size() > 0);
                faults.kill("migration-1", () -> {});
                faults.kill("migration-2", () -> {});
                // for a moment nobody answers
                fleet.awaitWhole();
                for (Guest guest : guests) awaitGone(guest, "ws2");
                checker.assertNeverTwo();
            }
            for (Guest guest : guests) {
                MigrationResource move = lastMove(guest);
                assertEquals(Reason.OWNER, move.reason(), move::toString);
                MigrationResource end = guest.end(move.id());
                assertEquals(
                        MoveState.SETTLED,
                        end.state(),
                        () -> end + " of " + why(guest).moves());
                guest.progress(1);
                guest.finish();
            }
        } finally {
            guests.forEach(Guest::close);
        }
    }

    @Test
    void anOwnerComesAndGoesTenTimesASecond() throws InterruptedException, IOException {
        owners.is("ws1", true);
        owners.is("ws3", true);
        owners.awaitIdle("ws2");
        try (Guest guest = Guest.shared(fleet, "ws1", "flickers");
                Checker checker = new Checker(List.of(guest.id()))) {
            guest.awaitHolder("ws2");
            for (int i = 0; i < FLICKERS; i++) {
                owners.is("ws2", i % 2 == 0);
                Thread.sleep(FLICKER_MILLIS);
            }
            owners.is("ws2", false);
            guest.progress(3);
            awaitNoMove(guest);
            checker.assertNeverTwo();
            WhyResource why = why(guest);
            assertTrue(why.moves().size() <= MOVES_PER_HOUR, why::toString);
            assertTrue(
                    why.moves().stream().anyMatch(move -> move.reason() == Reason.OWNER)
                            || guest.status().holder().equals("ws2"),
                    why::toString);
            guest.finish();
        }
    }

    private void awaitNoMove(Guest guest) {
        await("no move of " + guest.name() + " is under way")
                .atMost(Owners.LIMIT)
                .until(() -> why(guest).moves().stream().allMatch(MigrationResource::ended));
    }

    @Test
    void allOwnersComeBackAtOnce() throws IOException {
        owners.awaitIdle("ws1", "ws2", "ws3");
        List<Guest> guests = new ArrayList<>();
        try {
            guests.add(Guest.counter(fleet, "ws1", "all-1"));
            guests.add(Guest.counter(fleet, "ws2", "all-2"));
            guests.add(Guest.counter(fleet, "ws3", "all-3"));
            guests.get(0).migrate("ws2");
            guests.get(1).migrate("ws3");
            guests.get(2).migrate("ws1");
            try (Checker checker = new Checker(guests.stream().map(Guest::id).toList())) {
                Fleet.HOSTS.forEach(host -> owners.is(host, true));
                for (Guest guest : guests) guest.awaitHolder(guest.status().home());
                checker.assertNeverTwo();
            }
            for (Guest guest : guests) {
                MigrationResource move = lastMove(guest);
                assertEquals(Reason.OWNER, move.reason(), move::toString);
                assertTrue(move.why().endsWith("home, for no other host fits"), move::why);
                guest.progress(1);
                guest.finish();
            }
        } finally {
            guests.forEach(Guest::close);
        }
    }

    @Test
    void everyHostIsBusy() throws IOException {
        Fleet.HOSTS.forEach(host -> owners.is(host, true));
        owners.awaitBusy("ws1", "ws2", "ws3");
        try (Guest guest = Guest.shared(fleet, "ws1", "nowhere-to-go")) {
            await("it is known why it stays")
                    .atMost(Owners.LIMIT)
                    .until(() -> why(guest).now().equals("it stays at home: no idle host fits"));
            WhyResource why = why(guest);
            assertEquals(List.of(), why.moves());
            assertTrue(
                    why.hosts().stream()
                            .filter(it -> !it.host().equals("ws1"))
                            .allMatch(it -> it.why().startsWith("not idle: ")),
                    why::toString);
            owners.is("ws3", false);
            guest.awaitHolder("ws3");
            guest.finish();
        }
    }

    /** It came home once, for the owner's sake, and goes on. */
    private MigrationResource leftForItsOwner(Guest guest, Checker checker) throws IOException {
        checker.assertNeverTwo();
        MigrationResource move = lastMove(guest);
        assertEquals(Reason.OWNER, move.reason(), move::toString);
        guest.progress(3);
        return move;
    }

    @Test
    void aDetectorDiesAndItsOwnerComesBack() throws IOException {
        owners.is("ws3", true);
        owners.awaitIdle("ws2");
        try (Guest guest = Guest.counter(fleet, "ws1", "unwatched");
                Checker checker = new Checker(List.of(guest.id()))) {
            guest.migrate("ws2");
            Instant killed = Instant.now();
            faults.kill("ws2", () -> {});
            faults.awaitBack("ws2", killed);
            guest.progress(3);
            assertEquals("ws2", guest.status().holder());
            owners.is("ws2", true);
            guest.awaitHolder("ws1");
            leftForItsOwner(guest, checker);
            guest.finish();
        }
    }

    @Test
    @EnabledIfSystemProperty(
            named = "tomte.long",
            matches = "true",
            disabledReason = "a detector may be blind for 30 s")
    void aDetectorGoesBlindBesideAGuest() throws IOException {
        owners.is("ws3", true);
        owners.awaitIdle("ws2");
        Path devices = Fleet.run().resolve("ws2/owner/input");
        Path aside = devices.resolveSibling("aside");
        try (Guest guest = Guest.shared(fleet, "ws1", "unseen");
                Checker checker = new Checker(List.of(guest.id()))) {
            guest.awaitHolder("ws2");
            Files.move(devices, aside);
            Files.createFile(devices);
            try {
                guest.awaitHolder("ws1");
            } finally {
                Files.delete(devices);
                Files.move(aside, devices);
            }
            MigrationResource move = leftForItsOwner(guest, checker);
            assertTrue(move.why().startsWith("nothing tells whether ws2 is free: "), move::why);
            guest.finish();
        }
    }

    @Test
    void aHomeIsGoneWhenItsGuestMustLeave() throws IOException {
        owners.awaitIdle("ws2");
        try (Guest guest = Guest.counter(fleet, "ws1", "homeless")) {
            guest.migrate("ws2");
            guest.progress(3);
            try {
                Fleet.tomte("crash", "ws1").expect(0);
                faults.killAllOf("ws1");
                await("ws1 is missed")
                        .atMost(Owners.LIMIT)
                        .until(() -> owners.host("ws1").isSilent(Instant.now()));
                owners.is("ws2", true);
                await("it stands")
                        .atMost(Owners.LIMIT)
                        .until(() -> owners.host("ws2").sharing().held().contains(guest.id()));
                assertTrue(why(guest).now().contains("without its home ws1"), () -> "" + why(guest));
            } finally {
                Fleet.tomte("start", "ws1").expect(0);
                fleet.awaitUp("ws1");
            }
            await("it is known to be lost")
                    .atMost(Owners.LIMIT)
                    .until(() -> guest.status().state() == ProcessStatus.State.LOST);
            await("nothing of it is left on ws2")
                    .atMost(Owners.LIMIT)
                    .until(() -> owners.host("ws2").guests() == 0);
            String told = Fleet.mig("why", guest.id()).expect(0).out();
            assertTrue(told.contains("its home pod has died"), told);
        }
    }

    @Test
    void aHostVanishesWithItsGuests() throws IOException {
        owners.awaitIdle("ws2");
        try (Guest lost = Guest.counter(fleet, "ws1", "vanished")) {
            lost.migrate("ws2");
            lost.progress(3);
            try {
                Fleet.tomte("crash", "ws2").expect(0);
                faults.killAllOf("ws2");
                await("it cannot be reached")
                        .atMost(Owners.LIMIT)
                        .until(() -> lost.status().state() == ProcessStatus.State.UNREACHABLE);
                assertTrue(why(lost).process().message().contains("ws2 does not answer"), () -> "" + why(lost));
                String told = Fleet.mig("why", "vanished").expect(0).out();
                assertTrue(told.contains("ws2 does not answer"), told);
            } finally {
                Fleet.tomte("start", "ws2").expect(0);
                fleet.awaitUp("ws2");
            }
            await("it is known to be lost")
                    .atMost(Owners.LIMIT)
                    .until(() -> lost.status().state() == ProcessStatus.State.LOST);
            String told = Fleet.mig("why", lost.id()).expect(0).out();
            assertTrue(told.contains("ws2 has nothing of it any more"), told);
        }
    }

    @Test
    void aPolicyIsChangedDuringAMove() throws IOException {
        owners.is("ws3", true);
        owners.awaitIdle("ws2");
        try (Guest guest = Guest.counter(fleet, "ws1", "changed");
                Checker checker = new Checker(List.of(guest.id()))) {
            guest.progress(3);
            try (FailPoint stands = FailPoint.of(guest.id(), "ws1", "source-FROZEN")) {
                String move = guest.begin("ws2");
                stands.awaitPaused();
                assertTrue(fleet.rest()
                        .post("/hosts/ws2/policy", new PolicyOrder("none", null, null))
                        .ok());
                await("ws2's policy is known")
                        .atMost(Owners.LIMIT)
                        .until(() -> owners.host("ws2")
                                .sharing()
                                .policy()
                                .imports()
                                .word()
                                .equals("none"));
                stands.release();
                // what has begun is done; then it leaves like any other
                assertEquals(MoveState.SETTLED, guest.end(move).state());
            }
            guest.awaitHolder("ws1");
            checker.assertNeverTwo();
            MigrationResource left = lastMove(guest);
            assertEquals(Reason.POLICY, left.reason(), left::toString);
            assertTrue(left.why().startsWith("ws2 imports none"), left::why);
            assertEquals(Set.of("ws2", "ws3"), hosts(left));
            guest.progress(3);
            guest.finish();
        }
    }

    private static Set<String> hosts(MigrationResource move) {
        return new TreeSet<>(move.rejected().stream().map(it -> it.host()).toList());
    }
}

package dev.tomte.migration.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.contracts.Command;
import dev.tomte.contracts.Migration;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.Outcome;
import dev.tomte.contracts.Reason;
import dev.tomte.contracts.Request;
import dev.tomte.migration.Fleets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class FleetViewTest {
    @Test
    void aClockThatJumpsMakesNobodySilentAndNobodyHeard() {
        AtomicReference<Instant> wall = new AtomicReference<>(NOW);
        AtomicLong nanos = new AtomicLong();
        FleetView view = new FleetView(wall::get, nanos::get);
        // one whose own clock is wrong, one that was heard of long ago
        view.heard(Fleets.host("ws1", NOW.minusSeconds(3600)), true);
        view.heard(Fleets.host("ws2", NOW.minusSeconds(60)), false);
        for (Duration jump : List.of(Duration.ZERO, Duration.ofHours(5), Duration.ofHours(-5))) {
            wall.set(NOW.plus(jump));
            assertFalse(view.host("ws1").orElseThrow().isSilent(wall.get()));
            assertTrue(view.host("ws2").orElseThrow().isSilent(wall.get()));
        }
        nanos.addAndGet(Duration.ofSeconds(11).toNanos());
        assertTrue(view.host("ws1").orElseThrow().isSilent(wall.get()));
        assertTrue(view.hosts().getFirst().isSilent(wall.get()));
    }

    private static final Instant NOW = Instant.parse("2026-11-29T12:00:00Z");

    private final FleetView view = new FleetView();

    static Migration entry(MoveState state, long generation, Instant at) {
        Command.MovePlan plan =
                new Command.MovePlan("m-1", "p-1", "pod-1", 1, "ws1", "ws1", "ws2", "", "", "", "secret", NOW);
        return new Migration(
                plan,
                "count",
                state,
                Reason.OPERATOR,
                "mig",
                "",
                List.of(),
                "",
                Map.of(state, at),
                Map.of(),
                0,
                generation);
    }

    @Test
    void whatEndedLongAgoIsForgotten() {
        Instant longAgo = NOW.minus(Duration.ofHours(25));
        view.take(Fleets.ended("p-0", "old", 0, longAgo));
        view.take(Fleets.running("p-1", "count", "ws1", 1, longAgo));
        view.take(Fleets.ended("p-2", "new", 0, NOW));
        view.take(entry(MoveState.SETTLED, 1, longAgo));
        view.forget(NOW);
        assertEquals(2, view.processes().size());
        assertTrue(view.find("old").isEmpty());
        assertEquals(1, view.outdated(NOW).size());
        assertEquals(List.of(), view.outdated(NOW.minus(Duration.ofHours(2))));
    }

    @Test
    void aNameMeansTheLivingProcessAndThenTheNewest() {
        view.take(Fleets.ended("p-1", "count", 1, NOW.minusSeconds(30)));
        view.take(Fleets.ended("p-2", "count", 2, NOW.minusSeconds(10)));
        assertEquals("p-2", view.find("count").orElseThrow().process());
        view.take(Fleets.running("p-0", "count", "ws1", 1, NOW.minusSeconds(60)));
        assertEquals("p-0", view.find("count").orElseThrow().process());
        assertEquals("p-1", view.find("p-1").orElseThrow().process());
    }

    @Test
    void anEntryOfAReplacedOwnerIsDroppedAndOneThatGoesBackToo() {
        view.take(entry(MoveState.FROZEN, 2, NOW));
        view.take(entry(MoveState.PREPARED, 2, NOW));
        view.take(entry(MoveState.RESTORED, 1, NOW));
        assertEquals(MoveState.FROZEN, view.migration("m-1").orElseThrow().state());
        view.take(entry(MoveState.ROLLED_BACK, 2, NOW));
        view.take(entry(MoveState.RESTORED, 3, NOW));
        assertEquals(MoveState.ROLLED_BACK, view.migration("m-1").orElseThrow().state());
        assertEquals(List.of(), view.moving("p-1"));
    }

    @Test
    void watchersHearOfChangesOnly() {
        List<String> heard = new ArrayList<>();
        view.watch(change -> heard.add(change.kind() + " " + change.id()));
        for (int i = 0; i < 2; i++) {
            view.take(Fleets.host("ws1", NOW.plusSeconds(i)));
            view.take(Fleets.running("p-1", "count", "ws1", 1, NOW));
            view.take(entry(MoveState.FROZEN, 1, NOW));
        }
        assertEquals(List.of("host ws1", "process p-1", "migration m-1"), heard);
    }

    @Test
    void aStartIsRememberedUntilItIsAnswered() {
        Request.Launch launch = new Request.Launch("new", List.of("sh"), Map.of(), "/", 1000);
        view.take(new Request.Run("p-2", "ws1", launch, "mig", NOW), 3, 7);
        view.take(new Request.Run("p-3", "ws1", launch, "mig", NOW), 3, 8);
        assertEquals(2, view.starting().size());
        view.take(Fleets.running("p-2", "new", "ws1", 1, NOW));
        view.take(new Outcome("p-3", "", null, null, false, "taken", Map.of(), 0, NOW));
        assertEquals(0, view.starting().size());
        assertEquals("taken", view.failedStart("p-3").orElseThrow().message());
        view.take(new Request.Run("p-3", "ws1", launch, "mig", NOW), 3, 8);
        assertEquals(0, view.starting().size());
    }

    @Test
    void whoeverWaitsIsToldOfTheNextChange() throws Exception {
        Thread later = Thread.ofVirtual().start(() -> view.take(Fleets.host("ws1", NOW)));
        assertEquals(
                "ws1",
                view.await(Duration.ofSeconds(20), () -> view.host("ws1"))
                        .orElseThrow()
                        .host());
        later.join();
        assertEquals(Optional.empty(), view.await(Duration.ZERO, () -> view.host("ws2")));
    }
}

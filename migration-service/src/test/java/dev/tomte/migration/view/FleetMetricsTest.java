package dev.tomte.migration.view;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.migration.Fleets;
import io.prometheus.client.CollectorRegistry;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FleetMetricsTest {
    private static final Instant NOW = Instant.parse("2026-11-29T12:00:00Z");
    private static final String[] STATE_AND_PLACE = {"state", "place"};
    private static final String[] HOST_AND_CAUSE = {"host", "cause"};

    private final FleetView view = new FleetView();
    private final CollectorRegistry registry = new CollectorRegistry();

    FleetMetricsTest() {
        registry.register(new FleetMetrics(view, () -> NOW));
    }

    private double value(String name, String[] labels, String... values) {
        return registry.getSampleValue(name, labels, values);
    }

    @Test
    void processesCountByStateAndPlace() {
        view.take(Fleets.running("p-1", "home", "ws1", 1, NOW));
        view.take(Fleets.running("p-2", "away", "ws2", 2, NOW));
        view.take(Fleets.running("p-3", "too", "ws3", 2, NOW));
        view.take(Fleets.process("p-4", "cut-off", "ws2", 2, ProcessStatus.State.UNREACHABLE, null, NOW));
        view.take(Fleets.ended("p-5", "over", 0, NOW));
        assertEquals(1, value("tomte_processes", STATE_AND_PLACE, "running", "home"));
        assertEquals(2, value("tomte_processes", STATE_AND_PLACE, "running", "away"));
        assertEquals(1, value("tomte_processes", STATE_AND_PLACE, "unreachable", "away"));
        assertEquals(1, value("tomte_processes", STATE_AND_PLACE, "ended", "home"));
        assertEquals(0, value("tomte_processes", STATE_AND_PLACE, "lost", "home"));
    }

    @Test
    void onlyMovesThatHaveNotEndedAreUnderWay() {
        view.take(FleetViewTest.entry(MoveState.PLACED, 1, NOW));
        assertEquals(1, value("tomte_moves_under_way", new String[] {"state"}, "placed"));
        view.take(FleetViewTest.entry(MoveState.REFUSED, 1, NOW));
        assertEquals(0, value("tomte_moves_under_way", new String[] {"state"}, "placed"));
    }

    @Test
    void aHostThatIsSilentIsNotAvailableWhateverItHasSaidLast() {
        view.take(Fleets.host("ws1", NOW, Availability.State.AVAILABLE, "", Set.of()));
        view.take(Fleets.host("ws2", NOW.minusSeconds(60), Availability.State.AVAILABLE, "", Set.of()));
        String[] host = {"host"};
        assertEquals(1, value("tomte_host_available", host, "ws1"));
        assertEquals(0, value("tomte_host_available", host, "ws2"));
        assertEquals(1, value("tomte_host_cause", HOST_AND_CAUSE, "ws1", "none"));
        assertEquals(0, value("tomte_host_cause", HOST_AND_CAUSE, "ws2", "none"));
        assertEquals(1, value("tomte_host_cause", HOST_AND_CAUSE, "ws2", "unknown"));
        assertEquals(
                (double) NOW.minusSeconds(60).getEpochSecond(),
                value("tomte_host_heard_timestamp_seconds", host, "ws2"));
    }
}

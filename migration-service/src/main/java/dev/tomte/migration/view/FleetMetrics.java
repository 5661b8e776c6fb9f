package dev.tomte.migration.view;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Cause;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.ProcessStatus;
import io.prometheus.client.Collector;
import io.prometheus.client.GaugeMetricFamily;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;

/** What a replica knows of the fleet, counted when somebody asks; every replica says the same. Any thread. */
public final class FleetMetrics extends Collector implements Collector.Describable {
    private static final String HOST = "host";

    private final FleetView view;
    private final InstantSource clock;

    public FleetMetrics(FleetView view, InstantSource clock) {
        this.view = view;
        this.clock = clock;
    }

    @Override
    public List<MetricFamilySamples> describe() {
        return new FleetMetrics(new FleetView(), clock).collect();
    }

    @Override
    public List<MetricFamilySamples> collect() {
        Hosts hosts = new Hosts();
        for (Availability host : view.hosts()) hosts.add(host);
        return List.of(
                processes(),
                moves(),
                hosts.available,
                hosts.cause,
                hosts.heard,
                hosts.guests,
                hosts.cores,
                hosts.used,
                hosts.memory);
    }

    private GaugeMetricFamily processes() {
        GaugeMetricFamily family = new GaugeMetricFamily(
                "tomte_processes",
                "Processes by state, and whether they are at home; those that have ended are known for a day.",
                List.of("state", "place"));
        List<ProcessStatus> all = view.processes();
        for (ProcessStatus.State state : ProcessStatus.State.values())
            for (boolean away : new boolean[] {false, true})
                family.addMetric(List.of(word(state), away ? "away" : "home"), (double) all.stream()
                        .filter(process -> process.state() == state && process.isAway() == away)
                        .count());
        return family;
    }

    private GaugeMetricFamily moves() {
        GaugeMetricFamily family = new GaugeMetricFamily(
                "tomte_moves_under_way", "Moves that have begun and not ended, by their state.", List.of("state"));
        for (MoveState state : MoveState.values())
            if (!state.isFinal())
                family.addMetric(List.of(word(state)), (double) view.migrations().stream()
                        .filter(move -> move.state() == state)
                        .count());
        return family;
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** What is said of each host. */
    private final class Hosts {
        final GaugeMetricFamily available = new GaugeMetricFamily(
                "tomte_host_available", "Whether the host takes in guests by itself.", List.of(HOST));
        final GaugeMetricFamily cause = new GaugeMetricFamily(
                "tomte_host_cause", "1 for what the host is not available for, none if it is.", List.of(HOST, "cause"));
        final GaugeMetricFamily heard = new GaugeMetricFamily(
                "tomte_host_heard_timestamp_seconds", "When the host was heard of last.", List.of(HOST));
        final GaugeMetricFamily guests =
                new GaugeMetricFamily("tomte_host_guests", "Guests of the host, by state.", List.of(HOST, "state"));
        final GaugeMetricFamily cores =
                new GaugeMetricFamily("tomte_host_cpu_cores", "Cores that the host has.", List.of(HOST));
        final GaugeMetricFamily used = new GaugeMetricFamily(
                "tomte_host_cpu_used_cores", "Cores that owner and guests use.", List.of(HOST, "by"));
        final GaugeMetricFamily memory = new GaugeMetricFamily(
                "tomte_host_guest_free_memory_bytes", "Memory that is left for guests.", List.of(HOST));

        void add(Availability said) {
            Availability host = said.asItCounts(clock.instant());
            List<String> name = List.of(host.host());
            Availability.Sharing sharing = host.sharing();
            available.addMetric(name, host.state() == Availability.State.AVAILABLE ? 1 : 0);
            for (Cause each : Cause.values())
                cause.addMetric(List.of(host.host(), word(each)), each == sharing.cause() ? 1 : 0);
            heard.addMetric(name, said.at().toEpochMilli() / 1e3);
            int held = sharing.held().size();
            guests.addMetric(List.of(host.host(), "held"), held);
            guests.addMetric(List.of(host.host(), "running"), Math.max(0, host.guests() - held));
            cores.addMetric(name, sharing.cores());
            used.addMetric(List.of(host.host(), "owner"), sharing.ownerCpu());
            used.addMetric(List.of(host.host(), "guests"), sharing.guestCpu());
            memory.addMetric(name, (double) host.freeMemory());
        }
    }
}

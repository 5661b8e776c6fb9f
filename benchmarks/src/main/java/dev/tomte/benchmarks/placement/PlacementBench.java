package dev.tomte.benchmarks.placement;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Cause;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.SharePolicy;
import dev.tomte.migration.placement.Limits;
import dev.tomte.migration.placement.Movable;
import dev.tomte.migration.placement.Placement;
import dev.tomte.migration.placement.Snapshot;
import dev.tomte.migration.placement.Ties;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Prints what a month of office life came to, with sharing and without, and how long a decision takes at 100, 1,000 and
 * 10,000 hosts. Needs no fleet.
 */
public final class PlacementBench {
    private static final Instant NOW = Instant.parse("2026-06-01T12:00:00Z");
    private static final int ROUNDS = 41;

    private PlacementBench() {}

    /** @param args days (30), hosts (40), seed (1991); in this order, as many as given */
    public static void main(String[] args) {
        int days = args.length > 0 ? Integer.parseInt(args[0]) : 30;
        int hosts = args.length > 1 ? Integer.parseInt(args[1]) : 40;
        long seed = args.length > 2 ? Long.parseLong(args[2]) : 1991;
        long begun = System.nanoTime();
        System.out.printf("%d days, %d hosts, seed %d%n", days, hosts, seed);
        for (boolean shares : new boolean[] {false, true}) print(shares, new Month(hosts, shares, seed).run(days));
        System.out.printf(Locale.ROOT, "simulated in %.1f s%n%n", (System.nanoTime() - begun) / 1e9);
        System.out.printf("%8s %10s %14s %12s%n", "hosts", "processes", "median micros", "per second");
        for (int size : new int[] {100, 1_000, 10_000}) decisions(size);
    }

    private static void print(boolean shares, Month.Result it) {
        System.out.printf(
                Locale.ROOT,
                "%s: hosts idle %.0f %%, of that used %.0f %%; %d processes, slowed down %.2f times; away %.0f %% of the work%n",
                shares ? "sharing" : "alone",
                it.idle() * 100,
                it.used() * 100,
                it.processes(),
                it.slowdown(),
                it.away() * 100);
        if (shares)
            System.out.printf(
                    Locale.ROOT,
                    "  moves %s; evictions %.1f an hour; stood still %.1f s per hour of work; guests ran beside owners for %.0f s;"
                            + " %d decisions, %.0f us each%n",
                    it.moves(),
                    it.evictionsPerHour(),
                    it.stoodStill(),
                    it.guestOnBusy(),
                    it.decisions(),
                    it.microsPerDecision());
    }

    /** Three quarters of the hosts are idle, and as many processes wait as there are hosts. */
    private static void decisions(int hosts) {
        List<Availability> all = new ArrayList<>();
        List<Movable> waiting = new ArrayList<>();
        for (int i = 0; i < hosts; i++) {
            boolean idle = i % 4 != 0;
            all.add(host("ws" + i, idle, i));
            waiting.add(process("p-" + i, "ws" + i));
        }
        Snapshot snapshot = new Snapshot(NOW, all, waiting, List.of(), Limits.STANDARD);
        List<Long> nanos = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            long begun = System.nanoTime();
            if (Placement.decide(snapshot).isEmpty()) throw new IllegalStateException("nothing was decided");
            nanos.add(System.nanoTime() - begun);
        }
        nanos.sort(null);
        double micros = nanos.get(ROUNDS / 2) / 1e3;
        System.out.printf(Locale.ROOT, "%8d %10d %14.0f %12.0f%n", hosts, hosts, micros, 1e6 / micros);
    }

    private static Availability host(String name, boolean idle, int seconds) {
        return new Availability(
                name,
                idle ? Availability.State.AVAILABLE : Availability.State.UNAVAILABLE,
                "",
                NOW,
                NOW,
                "",
                7001,
                7002,
                "",
                4,
                16L << 30,
                Set.of("sse2", "avx", "avx2"),
                "6.18",
                0,
                new Availability.Sharing(
                        idle ? Cause.NONE : Cause.OWNER,
                        seconds * 1000L,
                        null,
                        4,
                        0,
                        0,
                        Set.of(),
                        "amd64",
                        "default",
                        SharePolicy.open(name, ""),
                        false));
    }

    private static Movable process(String id, String home) {
        ProcessStatus status = new ProcessStatus(
                id,
                id,
                ProcessStatus.DEFAULT_NAMESPACE,
                home,
                home,
                "pod",
                1,
                ProcessStatus.State.RUNNING,
                1000,
                List.of("sh"),
                "/",
                NOW.minusSeconds(60),
                NOW.minusSeconds(60),
                null,
                0,
                0,
                64 << 20,
                true,
                "");
        return Movable.of(status, home, List.of(), false, NOW, Limits.STANDARD, Ties.NONE);
    }
}

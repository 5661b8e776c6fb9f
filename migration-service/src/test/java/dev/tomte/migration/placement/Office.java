package dev.tomte.migration.placement;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Availability.Notice;
import dev.tomte.contracts.Availability.Sharing;
import dev.tomte.contracts.Availability.State;
import dev.tomte.contracts.Cause;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.SharePolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/** Hosts and processes, put together for a decision. Everything is as it mostly is unless a test says otherwise. */
final class Office {
    static final Instant NOW = Instant.parse("2026-11-29T12:00:00Z");
    static final long MIB = 1 << 20;

    private final Map<String, Availability> hosts = new LinkedHashMap<>();
    private final Map<String, Movable> processes = new LinkedHashMap<>();
    private final List<Snapshot.UnderWay> underWay = new ArrayList<>();
    private Limits limits = Limits.STANDARD;

    Office idle(String host, Duration since) {
        return host(host, State.AVAILABLE, Cause.NONE, since, "no input for " + since.toSeconds() + " s");
    }

    Office busy(String host, Cause cause, String why) {
        return host(host, State.UNAVAILABLE, cause, Duration.ofMinutes(1), why);
    }

    Office host(String host, State state, Cause cause, Duration lasting, String why) {
        Sharing sharing = new Sharing(
                cause,
                lasting.toMillis(),
                null,
                2,
                cause == Cause.LOAD ? 2 : 0,
                0,
                Set.of(),
                "amd64",
                "default",
                SharePolicy.open(host, "tomte"),
                false);
        hosts.put(
                host,
                new Availability(
                        host,
                        state,
                        why,
                        NOW.minus(lasting),
                        NOW.minusSeconds(1),
                        "10.0.0.1",
                        7001,
                        7002,
                        "",
                        cause == Cause.LOAD ? 0 : 2,
                        8192 * MIB,
                        Set.of("sse2", "avx"),
                        "6.18.1",
                        0,
                        sharing));
        return this;
    }

    Office but(String host, UnaryOperator<Availability> change) {
        hosts.computeIfPresent(host, (name, now) -> change.apply(now));
        return this;
    }

    Office butSharing(String host, UnaryOperator<Sharing> change) {
        return but(
                host,
                now -> new Availability(
                        now.host(),
                        now.state(),
                        now.why(),
                        now.since(),
                        now.at(),
                        now.address(),
                        now.agentPort(),
                        now.originPort(),
                        now.root(),
                        now.freeCpu(),
                        now.freeMemory(),
                        now.cpuFeatures(),
                        now.kernel(),
                        now.guests(),
                        change.apply(now.sharing())));
    }

    Office policy(String host, UnaryOperator<SharePolicy> change) {
        return butSharing(
                host,
                now -> new Sharing(
                        now.cause(),
                        now.lastingMillis(),
                        now.inputIdleMillis(),
                        now.cores(),
                        now.ownerCpu(),
                        now.guestCpu(),
                        now.held(),
                        now.architecture(),
                        now.pool(),
                        change.apply(now.policy()),
                        now.ownerPlayed()));
    }

    Office notice(String host, boolean isCordoned, String... leaving) {
        return butSharing(
                host,
                now -> new Sharing(
                        now.cause(),
                        now.lastingMillis(),
                        now.inputIdleMillis(),
                        now.cores(),
                        now.ownerCpu(),
                        now.guestCpu(),
                        now.held(),
                        now.architecture(),
                        now.pool(),
                        now.policy(),
                        now.ownerPlayed(),
                        now.guestLimits(),
                        new Notice(Set.of(leaving), isCordoned)));
    }

    Office held(String host, String... processes) {
        return butSharing(
                host,
                now -> new Sharing(
                        now.cause(),
                        now.lastingMillis(),
                        now.inputIdleMillis(),
                        now.cores(),
                        now.ownerCpu(),
                        now.guestCpu(),
                        Set.of(processes),
                        now.architecture(),
                        now.pool(),
                        now.policy(),
                        now.ownerPlayed()));
    }

    /** A shared process that has run for a minute. */
    Office process(String id, String home, String holder) {
        return process(id, home, holder, 64 * MIB, NOW.minusSeconds(60), true);
    }

    Office process(String id, String home, String holder, long memory, Instant since, boolean shared) {
        ProcessStatus status = new ProcessStatus(
                id,
                id,
                ProcessStatus.DEFAULT_NAMESPACE,
                home,
                holder,
                "pod-" + id,
                1,
                ProcessStatus.State.RUNNING,
                1000,
                List.of("sh"),
                "/home/tomte",
                since,
                since,
                null,
                0,
                0,
                memory,
                shared,
                "");
        processes.put(
                id,
                new Movable(status, holder, false, false, 0, Instant.EPOCH, Instant.EPOCH, Set.of(), Optional.empty()));
        return this;
    }

    /** One that is to begin elsewhere, and was asked for a minute ago. */
    Office waiting(String id, String home) {
        process(id, home, home);
        return past(id, it -> {
            ProcessStatus status = it.process();
            return new Movable(
                    new ProcessStatus(
                            id,
                            id,
                            ProcessStatus.DEFAULT_NAMESPACE,
                            home,
                            home,
                            status.incarnation(),
                            1,
                            ProcessStatus.State.WAITING,
                            status.uid(),
                            status.command(),
                            status.cwd(),
                            status.started(),
                            status.since(),
                            null,
                            0,
                            0,
                            0,
                            true,
                            ""),
                    home,
                    false,
                    false,
                    0,
                    Instant.EPOCH,
                    Instant.EPOCH,
                    Set.of(),
                    Optional.empty());
        });
    }

    Office past(String process, UnaryOperator<Movable> change) {
        processes.computeIfPresent(process, (id, now) -> change.apply(now));
        return this;
    }

    Office moving(String process, String source, String target) {
        underWay.add(new Snapshot.UnderWay(process, source, target));
        return past(
                process,
                it -> new Movable(
                        it.process(),
                        it.holder(),
                        true,
                        it.putThere(),
                        it.recentMoves(),
                        it.restsUntil(),
                        it.staysUntil(),
                        it.avoided(),
                        it.tie()));
    }

    /** What a cluster says of it. */
    Office tied(String process, String why) {
        return past(
                process,
                it -> new Movable(
                        it.process(),
                        it.holder(),
                        it.moving(),
                        it.putThere(),
                        it.recentMoves(),
                        it.restsUntil(),
                        it.staysUntil(),
                        it.avoided(),
                        Optional.of(why)));
    }

    Office limits(Limits other) {
        limits = other;
        return this;
    }

    Movable movable(String process) {
        Movable one = processes.get(process);
        if (one == null) throw new IllegalArgumentException(process);
        return one;
    }

    Snapshot snapshot() {
        return new Snapshot(NOW, List.copyOf(hosts.values()), List.copyOf(processes.values()), underWay, limits);
    }

    List<Move> decide() {
        return Placement.decide(snapshot());
    }

    /** As "p1 ws1>ws2 placement". */
    List<String> decided() {
        return decide().stream()
                .map(move -> "%s %s>%s %s"
                        .formatted(
                                move.process(),
                                move.source(),
                                move.target(),
                                move.reason().word()))
                .toList();
    }
}

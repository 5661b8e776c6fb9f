package dev.tomte.migration;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Cause;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Reason;
import dev.tomte.contracts.Request;
import dev.tomte.contracts.SharePolicy;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Hosts and processes for tests. */
public final class Fleets {
    private Fleets() {}

    public static Availability host(String name, Instant at) {
        return host(name, at, Availability.State.AVAILABLE, "idle", Set.of("sse2"));
    }

    static Availability host(String name, Instant at, int agentPort) {
        return new Availability(
                name,
                Availability.State.AVAILABLE,
                "idle",
                at,
                at,
                "127.0.0.1",
                agentPort,
                7002,
                "",
                2,
                1L << 30,
                Set.of("sse2"),
                "6.18",
                0,
                idle(name));
    }

    public static Availability host(
            String name, Instant at, Availability.State state, String why, Set<String> cpuFeatures) {
        return new Availability(
                name, state, why, at, at, "127.0.0.1", 7001, 7002, "", 2, 1L << 30, cpuFeatures, "6.18", 0, idle(name));
    }

    /** A host that says of its sharing what {@code how} makes of it. */
    public static Availability sharing(Availability host, UnaryOperator<Availability.Sharing> how) {
        return new Availability(
                host.host(),
                host.state(),
                host.why(),
                host.since(),
                host.at(),
                host.address(),
                host.agentPort(),
                host.originPort(),
                host.root(),
                host.freeCpu(),
                host.freeMemory(),
                host.cpuFeatures(),
                host.kernel(),
                host.guests(),
                how.apply(host.sharing()));
    }

    public static Availability policy(Availability host, UnaryOperator<SharePolicy> how) {
        return sharing(
                host,
                now -> new Availability.Sharing(
                        now.cause(),
                        now.lastingMillis(),
                        now.inputIdleMillis(),
                        now.cores(),
                        now.ownerCpu(),
                        now.guestCpu(),
                        now.held(),
                        now.architecture(),
                        now.pool(),
                        how.apply(now.policy()),
                        now.ownerPlayed()));
    }

    public static Request.Migrate migrate(String migration, String target, Reason reason, Instant at) {
        return new Request.Migrate("p-1", migration, null, target, reason, "mig", "a test", List.of(), at);
    }

    private static Availability.Sharing idle(String name) {
        return new Availability.Sharing(
                Cause.NONE,
                60_000,
                60_000L,
                2,
                0,
                0,
                Set.of(),
                "amd64",
                "default",
                SharePolicy.open(name, "tomte"),
                false);
    }

    public static ProcessStatus running(String process, String name, String holder, long epoch, Instant since) {
        return process(process, name, holder, epoch, ProcessStatus.State.RUNNING, null, since);
    }

    public static ProcessStatus ended(String process, String name, int status, Instant since) {
        return process(process, name, "ws1", 1, ProcessStatus.State.ENDED, status, since);
    }

    /** Its home is ws1. */
    public static ProcessStatus process(
            String process,
            String name,
            String holder,
            long epoch,
            ProcessStatus.State state,
            @Nullable Integer exitStatus,
            Instant since) {
        return new ProcessStatus(
                process,
                name,
                ProcessStatus.DEFAULT_NAMESPACE,
                "ws1",
                holder,
                "pod-1",
                epoch,
                state,
                1000,
                List.of("sh", "-c", "x"),
                "/home/tomte",
                since,
                since,
                exitStatus,
                0,
                0,
                0,
                false,
                "");
    }
}

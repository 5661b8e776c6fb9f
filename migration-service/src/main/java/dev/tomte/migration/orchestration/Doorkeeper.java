package dev.tomte.migration.orchestration;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Migration;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Reason;
import dev.tomte.contracts.SharePolicy;
import dev.tomte.migration.orchestration.Refusal.Kind;
import dev.tomte.migration.placement.Ties;
import dev.tomte.migration.view.FleetView;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Says what cannot be begun, and why. Asked twice: by the API, for a quick answer, and by the owner of the partition,
 * whose answer counts. It names no other process or host than those it is asked for: it does not know who may see them.
 */
public final class Doorkeeper {
    private final FleetView fleet;
    private final Ties ties;

    public Doorkeeper(FleetView fleet, Ties ties) {
        this.fleet = fleet;
        this.ties = ties;
    }

    /**
     * Somebody who asks may have a process moved to any host that can take it, idle or not; but an owner's policy counts
     * for everybody. What moves by itself goes to an idle host, or home.
     *
     * @param process a known one
     * @param migration the move's own id, which does not stand in its own way
     */
    public Optional<Refusal> move(ProcessStatus process, String target, String migration, Reason reason, Instant now) {
        FleetView.Place place = fleet.place(process);
        boolean goesHome = process.home().equals(target);
        boolean mustBeIdle = reason != Reason.OPERATOR && !goesHome;
        return ended(process)
                .or(() -> knownHost(target))
                .or(() -> alreadyThere(process, place, target))
                .or(() -> moving(process, migration, now))
                .or(() -> unreachable(process))
                .or(() -> mustBeIdle ? available(target, now) : heard(target, now))
                .or(() -> heard(process.home(), now))
                .or(() -> heard(place.holder(), now))
                .or(() -> goesHome ? Optional.empty() : tied(process))
                .or(() -> goesHome ? Optional.empty() : policy(process, place, target))
                .or(() -> cpuFeatures(process, place.holder(), target));
    }

    private Optional<Refusal> tied(ProcessStatus process) {
        return ties.of(process)
                .map(tie -> new Refusal(
                        tie.isKnown() ? Kind.TIED : Kind.UNKNOWN_TIES,
                        "%s stays at home: %s".formatted(known(process), tie.why())));
    }

    /** What leaves its home needs its owner's leave, what comes to a host needs its owner's. */
    private Optional<Refusal> policy(ProcessStatus process, FleetView.Place place, String target) {
        SharePolicy home = fleet.host(process.home()).orElseThrow().sharing().policy();
        SharePolicy host = fleet.host(target).orElseThrow().sharing().policy();
        if (!process.isAway() && place.holder().equals(process.home()) && !home.mayExport(process.user()))
            return refusal(
                    Kind.POLICY,
                    "%s exports %s: %s stays. mig policy says so, and changes it"
                            .formatted(home.host(), home.exports().word(), known(process)));
        if (host.drains())
            return refusal(Kind.POLICY, "%s is being emptied. mig drain --end ends that".formatted(target));
        if (fleet.host(target).orElseThrow().sharing().notice().cordoned())
            return refusal(Kind.POLICY, "%s is cordoned. kubectl uncordon ends that".formatted(target));
        if (!host.mayImport(process.user()))
            return refusal(
                    Kind.POLICY,
                    "%s imports %s: it does not take in %s. mig policy says so, and changes it"
                            .formatted(target, host.imports().word(), known(process)));
        return Optional.empty();
    }

    public Optional<Refusal> ended(ProcessStatus process) {
        if (process.isLiving()) return Optional.empty();
        String how = process.state() == ProcessStatus.State.LOST
                ? "is lost: " + process.message()
                : "has ended with exit status " + process.exitStatus();
        return refusal(Kind.ENDED, "%s %s".formatted(known(process), how));
    }

    public Optional<Refusal> knownHost(String name) {
        return fleet.host(name).isPresent() ? Optional.empty() : refusal(Kind.UNKNOWN_HOST, unknownHost(name));
    }

    public static String unknownHost(String name) {
        return "There is no host '%s'".formatted(shown(name));
    }

    public static String unknownProcess(String reference) {
        return "There is no process '%s'".formatted(shown(reference));
    }

    /** That the host is known, has been heard of, and is idle. */
    private Optional<Refusal> available(String name, Instant now) {
        Optional<Refusal> silent = knownHost(name).or(() -> heard(name, now));
        if (silent.isPresent()) return silent;
        Availability host = fleet.host(name).orElseThrow();
        if (host.state() == Availability.State.AVAILABLE) return Optional.empty();
        return refusal(
                Kind.NOT_AVAILABLE,
                "%s is not available: %s. Choose another host, or try again later"
                        .formatted(name, host.why().isEmpty() ? "it does not say why" : host.why()));
    }

    /** That the host has been heard of lately. */
    public Optional<Refusal> heard(String name, Instant now) {
        Optional<Availability> host = fleet.host(name);
        if (host.isEmpty()) return refusal(Kind.SILENT, "%s has never been heard of".formatted(name));
        if (!host.get().isSilent(now)) return Optional.empty();
        return refusal(
                Kind.SILENT,
                "%s has not been heard of since %s. See that its agent runs, and try again"
                        .formatted(name, host.get().at()));
    }

    private static Optional<Refusal> alreadyThere(ProcessStatus process, FleetView.Place place, String target) {
        if (!place.holder().equals(target)) return Optional.empty();
        String where = process.home().equals(target) ? "%s is its home".formatted(target) : "on " + target;
        return refusal(Kind.ALREADY_THERE, "%s: it runs there already, %s".formatted(known(process), where));
    }

    /**
     * That another move of it is under way.
     *
     * @param migration the move's own id, which does not stand in its own way
     */
    public Optional<Refusal> moving(ProcessStatus process, String migration, Instant now) {
        Optional<Migration> other = fleet.moving(process.process()).stream()
                .filter(m -> !m.id().equals(migration) && !isLeftBehind(m, process, now))
                .findAny();
        return other.flatMap(m -> refusal(
                Kind.MOVING,
                "%s is on its way from %s to %s already (%s, %s). Wait for its end"
                        .formatted(known(process), m.plan().source(), m.plan().target(), m.id(), m.state())));
    }

    /**
     * A source that died after the commit leaves its move unfinished until it is back; the process, which runs at the
     * target by its home's word, need not wait for that.
     */
    private boolean isLeftBehind(Migration move, ProcessStatus process, Instant now) {
        return move.state() == MoveState.COMMITTED
                && process.epoch() == move.plan().nextEpoch()
                && process.holder().equals(move.plan().target())
                && heard(move.plan().source(), now).isPresent();
    }

    private static Optional<Refusal> unreachable(ProcessStatus process) {
        if (process.state() == ProcessStatus.State.RUNNING || process.state() == ProcessStatus.State.WAITING)
            return Optional.empty();
        return refusal(
                Kind.UNREACHABLE,
                "%s cannot move now: %s, which holds it, does not answer its home. %s"
                        .formatted(known(process), process.holder(), process.message()));
    }

    /** A program may have chosen its instructions by what the processors of its home and of its holder can do. */
    private Optional<Refusal> cpuFeatures(ProcessStatus process, String source, String target) {
        TreeSet<String> missing = new TreeSet<>();
        for (String host : new TreeSet<>(List.of(process.home(), source)))
            fleet.host(host).ifPresent(h -> missing.addAll(h.cpuFeatures()));
        fleet.host(target).ifPresent(h -> missing.removeAll(h.cpuFeatures()));
        if (missing.isEmpty()) return Optional.empty();
        return refusal(
                Kind.CPU_FEATURES,
                "%s cannot run on %s, whose processor lacks %s"
                        .formatted(known(process), target, String.join(" ", missing)));
    }

    private static String known(ProcessStatus process) {
        return "%s (%s)".formatted(process.name(), process.process());
    }

    private static String shown(String name) {
        return name.length() > 80 ? name.substring(0, 80) + "..." : name;
    }

    private static Optional<Refusal> refusal(Kind kind, String detail) {
        return Optional.of(new Refusal(kind, detail));
    }
}

package dev.tomte.migration.rest;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Migration;
import dev.tomte.contracts.Outcome;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Rejected;
import dev.tomte.contracts.rest.MigrationResource;
import dev.tomte.migration.access.Access;
import dev.tomte.migration.access.Caller;
import dev.tomte.migration.access.Permission;
import dev.tomte.migration.orchestration.Doorkeeper;
import dev.tomte.migration.orchestration.Refusal;
import dev.tomte.migration.view.Change;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The fleet as one caller may know it: what one may not see is answered as if it did not exist, and does not stand in the
 * way of what has the same name. Any thread; each method throws {@link dev.tomte.migration.access.Cluster.Silent} if
 * nobody knows what the caller may see.
 */
public final class Sight {
    private static final int NAMED = 12;

    private final Fleet fleet;
    private final Access access;
    private final Caller caller;

    Sight(Fleet fleet, Access access, Caller caller) {
        this.fleet = fleet;
        this.access = access;
        this.caller = caller;
    }

    /** Whether the caller would be let in again: asked by answers that go on. */
    public boolean lasts() {
        return access.admits(caller);
    }

    /** Whether the caller may do with it what {@code permission} says. */
    public boolean permits(Permission permission) {
        return access.may(caller, permission);
    }

    /**
     * For what the caller sees, and would do something with.
     *
     * @throws Problem if he may not
     */
    public void require(Permission permission) {
        if (!permits(permission))
            throw Problem.forbidden("As %s you may not %s".formatted(caller.name(), permission.words()));
    }

    /** @throws Problem if it has ended */
    public void requireLiving(ProcessStatus process) {
        check(fleet.doorkeeper().ended(process));
    }

    /** @throws Problem if processes are started otherwise */
    void requireStarting() {
        if (caller instanceof Caller.User)
            throw Problem.forbidden("In a cluster a process is started by making its pod, as with kubectl apply");
    }

    boolean sees(ProcessStatus process) {
        return access.sees(caller, process);
    }

    private boolean seesHosts() {
        return permits(Permission.seeHosts());
    }

    /** A move is seen by who sees its process; once nobody knows that any more, by those who see everything. */
    private boolean sees(String process) {
        return caller instanceof Caller.Certified
                || fleet.view().process(process).filter(this::sees).isPresent();
    }

    List<Availability> hosts() {
        if (!seesHosts()) return List.of();
        return fleet.view().hosts().stream()
                .map(host -> shown(host.asItCounts(fleet.now())))
                .toList();
    }

    /** @throws Problem if there is no host of this name */
    Availability host(String name) {
        check(seesHosts() ? fleet.doorkeeper().knownHost(name) : Optional.of(unknownHost(name)));
        return shown(fleet.view().host(name).orElseThrow().asItCounts(fleet.now()));
    }

    private static Refusal unknownHost(String name) {
        return new Refusal(Refusal.Kind.UNKNOWN_HOST, Doorkeeper.unknownHost(name));
    }

    private Availability shown(Availability host) {
        if (caller instanceof Caller.Certified) return host;
        Availability.Sharing said = host.sharing();
        return host.with(new Availability.Sharing(
                said.cause(),
                said.lastingMillis(),
                said.inputIdleMillis(),
                said.cores(),
                said.ownerCpu(),
                said.guestCpu(),
                seenOf(said.held()),
                said.architecture(),
                said.pool(),
                said.policy(),
                said.ownerPlayed(),
                said.guestLimits(),
                new Availability.Notice(
                        seenOf(said.notice().leaving()), said.notice().cordoned())));
    }

    private Set<String> seenOf(Set<String> processes) {
        return processes.stream().filter(this::sees).collect(Collectors.toUnmodifiableSet());
    }

    /** Newest first. */
    List<ProcessStatus> processes() {
        return fleet.view().processes().stream().filter(this::sees).toList();
    }

    /** @throws Problem if nothing is called so */
    public ProcessStatus process(String reference) {
        return fleet.sought(() -> fleet.view().find(reference, this::sees))
                .orElseThrow(() ->
                        Problem.unknownProcess("%s. %s".formatted(Doorkeeper.unknownProcess(reference), running())));
    }

    private String running() {
        String known = fleet.view().processes().stream()
                .filter(process -> process.isLiving() && sees(process))
                .limit(NAMED)
                .map(ProcessStatus::name)
                .collect(Collectors.joining(", "));
        return known.isEmpty() ? "None is running." : "Running: " + known;
    }

    private String known() {
        String known = hosts().stream().map(Availability::host).collect(Collectors.joining(", "));
        return known.isEmpty() ? "None is known." : "Known: " + known;
    }

    /** Newest first. */
    List<MigrationResource> migrations() {
        return fleet.view().migrations().stream()
                .filter(move -> sees(move.plan().process()))
                .map(this::shown)
                .toList();
    }

    Optional<Migration> migration(String id) {
        return fleet.view().migration(id).filter(move -> sees(move.plan().process()));
    }

    /** Why a move that was asked for was not begun. */
    Optional<Outcome> turnedAway(String migration) {
        return fleet.view().turnedAway(migration).filter(outcome -> sees(outcome.process()));
    }

    MigrationResource shown(Migration move) {
        return shown(MigrationResource.of(move));
    }

    private MigrationResource shown(MigrationResource move) {
        List<Rejected> hosts = weighed(move.rejected());
        return hosts.equals(move.rejected()) ? move : move.with(hosts);
    }

    /** Hosts that something was weighed against: how these stand is nobody's business who sees no hosts. */
    List<Rejected> weighed(List<Rejected> hosts) {
        return seesHosts() ? hosts : List.of();
    }

    /** What the caller sees of a change; empty: nothing. */
    public Optional<Change> shown(Change change) {
        return switch (change.resource()) {
            case Availability host when seesHosts() -> Optional.of(change.with(shown(host)));
            case ProcessStatus process when sees(process) -> Optional.of(change);
            case MigrationResource move when sees(move.process()) -> Optional.of(change.with(shown(move)));
            default -> Optional.empty();
        };
    }

    /** @throws Problem if there is a reason not to begin */
    void check(Optional<Refusal> refusal) {
        refusal.map(it -> it.kind() == Refusal.Kind.UNKNOWN_HOST
                        ? new Refusal(it.kind(), "%s. %s".formatted(it.detail(), known()))
                        : it)
                .ifPresent(Fleet::refuse);
    }
}

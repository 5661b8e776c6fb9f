package dev.tomte.migration.resource;

import dev.tomte.contracts.Migration;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.Outcome;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Reason;
import dev.tomte.contracts.Request;
import dev.tomte.migration.journal.Outbox;
import dev.tomte.migration.orchestration.Doorkeeper;
import dev.tomte.migration.orchestration.Refusal;
import dev.tomte.migration.view.FleetView;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.cache.Indexer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Shows migrations, and takes those that users make as wishes. One thread. */
final class MigrationObjects {
    /** The index of objects by the ids of their moves. */
    static final String BY_MOVE = "move";
    /** A pod that is made together with the wish, and what it is tied by, need so long to be known. */
    private static final Duration UNKNOWN_LIMIT = Duration.ofSeconds(30);
    /** A move that ended longer ago is not shown anew: whoever deleted what showed it has seen it. */
    private static final Duration FRESH = Duration.ofMinutes(1);

    private final KubernetesClient cluster;
    private final FleetView view;
    private final Doorkeeper doorkeeper;
    private final Outbox outbox;
    private final Indexer<MigrationObject> known;

    MigrationObjects(
            KubernetesClient cluster,
            FleetView view,
            Doorkeeper doorkeeper,
            Outbox outbox,
            Indexer<MigrationObject> known) {
        this.cluster = cluster;
        this.view = view;
        this.doorkeeper = doorkeeper;
        this.outbox = outbox;
        this.known = known;
    }

    /** Shows a move of the journal. */
    void show(Migration migration, Instant now) {
        Optional<MigrationObject> shown =
                known.byIndex(BY_MOVE, migration.id()).stream().findFirst().or(() -> create(migration, now));
        if (shown.isEmpty()) return;
        MigrationObject.Status status = MigrationObject.Status.of(migration);
        if (status.equals(shown.get().getStatus())) return;
        tell(shown.get(), status);
        if (migration.state().isFinal()) announce(migration, shown.get());
    }

    private Optional<MigrationObject> create(Migration migration, Instant now) {
        // whoever deletes a wish does not want to see it again
        if (MigrationObject.isWished(migration.id())) return Optional.empty();
        if (migration.state().isFinal()
                && FleetView.lastChange(migration).plus(FRESH).isBefore(now)) return Optional.empty();
        Optional<HomePod> home = home(migration);
        if (home.isEmpty()) return Optional.empty();
        MigrationObject fresh = new MigrationObject();
        fresh.setMetadata(new ObjectMetaBuilder()
                .withName(migration.id())
                .withNamespace(home.get().namespace())
                .addToLabels(MigrationObject.SHOWN, "true")
                .withOwnerReferences(home.get().owner())
                .build());
        fresh.setSpec(new MigrationObject.Spec(
                migration.name(), migration.plan().target(), migration.why().isEmpty() ? null : migration.why()));
        ClusterWrites.create(cluster, fresh);
        return Optional.of(fresh);
    }

    private Optional<HomePod> home(Migration migration) {
        return view.process(migration.plan().process())
                .flatMap(process -> HomePod.find(cluster, process.namespace(), process.name()));
    }

    private void announce(Migration migration, MigrationObject shown) {
        String way = "%s -> %s (%s)"
                .formatted(
                        migration.plan().source(),
                        migration.plan().target(),
                        migration.reason().word());
        boolean moved = migration.state() == MoveState.SETTLED;
        Long frozen = migration.micros().get("frozen");
        String how = moved
                ? frozen == null ? way : "%s, stood still for %d ms".formatted(way, Math.round(frozen / 1000.0))
                : "%s: %s".formatted(way, migration.message());
        HomePod.find(cluster, shown.getMetadata().getNamespace(), migration.name())
                .ifPresent(pod -> pod.tell(
                        cluster,
                        migration.id(),
                        moved,
                        moved ? "Moved" : "NotMoved",
                        how,
                        FleetView.lastChange(migration)));
    }

    /** Asks for what a user wishes, unless that is done; says what cannot be done. */
    void take(MigrationObject wish, Instant now) {
        String id = wish.migration();
        if (wish.getStatus() != null && wish.getStatus().isFinal()) return;
        if (view.migration(id).isPresent() || wish.getSpec() == null) return;
        Optional<String> turnedAway = view.turnedAway(id).map(Outcome::message);
        if (turnedAway.isPresent()) {
            tell(wish, MigrationObject.Status.refused(id, turnedAway.get(), now));
            return;
        }
        Instant made = Instant.parse(wish.getMetadata().getCreationTimestamp());
        if (made.plus(FleetView.MEMORY).isBefore(now)) {
            tell(wish, MigrationObject.Status.refused(id, "it was wished more than a day ago", now));
            return;
        }
        Optional<ProcessStatus> process = process(wish);
        if (process.isEmpty()) {
            if (made.plus(UNKNOWN_LIMIT).isBefore(now))
                // what there is in other namespaces is not for everybody
                tell(
                        wish,
                        MigrationObject.Status.refused(
                                id, "there is no process " + reference(wish) + " (kubectl get processes)", now));
            return;
        }
        String asked = wish.getSpec().target();
        String target = asked.equals("home") && view.host(asked).isEmpty()
                ? process.get().home()
                : asked;
        Optional<Refusal> refusal = doorkeeper.move(process.get(), target, id, Reason.OPERATOR, now);
        if (refusal.isPresent()) {
            if (refusal.get().kind() == Refusal.Kind.UNKNOWN_TIES
                    && made.plus(UNKNOWN_LIMIT).isAfter(now)) return;
            tell(wish, MigrationObject.Status.refused(id, refusal.get().detail(), now));
            return;
        }
        String who = "migration " + wish.getMetadata().getNamespace() + "/"
                + wish.getMetadata().getName();
        String why = wish.getSpec().why();
        outbox.ask(new Request.Migrate(
                process.get().process(),
                id,
                null,
                target,
                Reason.OPERATOR,
                who,
                why == null ? "asked for by " + who : why,
                List.of(),
                now));
    }

    /** Only of the wish's own namespace, whatever it says. */
    private Optional<ProcessStatus> process(MigrationObject wish) {
        String namespace = wish.getMetadata().getNamespace();
        return view.find(reference(wish)).filter(it -> it.namespace().equals(namespace));
    }

    private static String reference(MigrationObject wish) {
        return wish.getMetadata().getNamespace() + "/" + wish.getSpec().process();
    }

    /** Takes away what shows a move that the journal has forgotten. */
    void forget(MigrationObject shown, Instant now) {
        boolean isOld = Instant.parse(shown.getMetadata().getCreationTimestamp())
                .plus(FleetView.MEMORY)
                .isBefore(now);
        if (isOld
                && shown.migration().equals(shown.getMetadata().getName())
                && view.migration(shown.migration()).isEmpty())
            cluster.resource(shown).delete();
    }

    private void tell(MigrationObject whose, MigrationObject.Status now) {
        MigrationObject status = new MigrationObject();
        status.setMetadata(ClusterWrites.nameOf(whose.getMetadata()));
        status.setStatus(now);
        ClusterWrites.status(cluster, status);
    }
}

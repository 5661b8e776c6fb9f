package dev.tomte.migration.resource;

import dev.tomte.contracts.Migration;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.migration.journal.Outbox;
import dev.tomte.migration.orchestration.Doorkeeper;
import dev.tomte.migration.view.Change;
import dev.tomte.migration.view.FleetView;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the custom resources as the topics tell: whoever deletes or changes one changes what is shown, for a moment.
 * Each is written by the replica that owns the partition of its process or move. Level-triggered: what is missed is
 * made good by the next look at everything.
 */
public final class Projection implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Projection.class);
    /** States that follow one another faster are written once. */
    private static final Duration GATHER = Duration.ofMillis(250);
    /** While somebody's wish waits to be answered. */
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

    private static final Duration LOOK_AT_ALL = Duration.ofMinutes(1);

    private final FleetView view;
    private final Predicate<String> isMine;
    private final Clock clock;
    private final SharedIndexInformer<ProcessObject> processInformer;
    private final SharedIndexInformer<MigrationObject> migrationInformer;
    private final ProcessObjects processes;
    private final MigrationObjects migrations;
    private final GuestBudgets budgets;
    private final AutoCloseable watching;
    private final Thread thread;
    private final Set<String> changed = new HashSet<>();

    /**
     * @param isMine whether this replica owns the partition of a key
     * @param webhook the ValidatingWebhookConfiguration of evictions
     * @param hasBudgets whether budgets stand behind it
     */
    public Projection(
            KubernetesClient cluster,
            FleetView view,
            Doorkeeper doorkeeper,
            Outbox outbox,
            Predicate<String> isMine,
            String webhook,
            boolean hasBudgets,
            Clock clock) {
        this.view = view;
        this.isMine = isMine;
        this.clock = clock;
        processInformer =
                cluster.resources(ProcessObject.class).inAnyNamespace().runnableInformer(0);
        migrationInformer =
                cluster.resources(MigrationObject.class).inAnyNamespace().runnableInformer(0);
        migrationInformer.addIndexers(Map.of(MigrationObjects.BY_MOVE, object -> List.of(object.migration())));
        processes = new ProcessObjects(cluster, view, processInformer.getIndexer());
        migrations = new MigrationObjects(cluster, view, doorkeeper, outbox, migrationInformer.getIndexer());
        budgets = new GuestBudgets(cluster, view, webhook, hasBudgets);
        processInformer.addEventHandler(new Told<>(object -> {
            if (object.getStatus() != null) note(object.getStatus().process());
        }));
        migrationInformer.addEventHandler(new Told<>(object -> note(object.migration())));
        watching = view.watch(this::note);
        // also when its definition is not there yet
        processInformer.exceptionHandler((isStarted, why) -> true);
        migrationInformer.exceptionHandler((isStarted, why) -> true);
        var _ = processInformer.start();
        var _ = migrationInformer.start();
        thread = Thread.ofPlatform().name("projection").start(this::work);
    }

    /** Whatever happens to one is a reason to look at it. */
    private record Told<T>(Consumer<T> look) implements ResourceEventHandler<T> {
        @Override
        public void onAdd(T object) {
            look.accept(object);
        }

        @Override
        public void onUpdate(T before, T object) {
            look.accept(object);
        }

        @Override
        public void onDelete(T object, boolean isFinalStateUnknown) {
            look.accept(object);
        }
    }

    private void note(Change change) {
        note(change.id());
    }

    private void note(String id) {
        synchronized (changed) {
            if (changed.add(id)) changed.notifyAll();
        }
    }

    private Set<String> taken(Duration limit) throws InterruptedException {
        synchronized (changed) {
            if (changed.isEmpty()) changed.wait(limit.toMillis());
            Set<String> taken = Set.copyOf(changed);
            changed.clear();
            return taken;
        }
    }

    private void work() {
        long all = System.nanoTime() - LOOK_AT_ALL.toNanos();
        try {
            // their definitions may come after this service
            while (!processInformer.hasSynced() || !migrationInformer.hasSynced()) Thread.sleep(LOOK_AGAIN);
            while (true) {
                Set<String> some = taken(LOOK_AGAIN);
                boolean everything = System.nanoTime() - all > LOOK_AT_ALL.toNanos();
                if (everything) all = System.nanoTime();
                look(some, everything);
                Thread.sleep(GATHER);
            }
        } catch (InterruptedException e) {
            // it ends
        }
    }

    private void look(Set<String> some, boolean everything) {
        for (ProcessStatus process : view.processes())
            if (everything || some.contains(process.process())) {
                attempt(process.process(), () -> processes.show(process, everything));
                attempt(process.namespace(), () -> budgets.keep(process));
            }
        for (Migration migration : view.migrations())
            if (everything || some.contains(migration.id())) {
                attempt(migration.id(), () -> migrations.show(migration, clock.instant()));
                view.process(migration.plan().process())
                        .ifPresent(process -> attempt(process.namespace(), () -> budgets.keep(process)));
            }
        if (everything)
            for (PodDisruptionBudget budget : budgets.all())
                attempt(budget.getMetadata().getNamespace(), () -> budgets.forget(budget));
        for (MigrationObject object : migrationInformer.getIndexer().list()) {
            attempt(object.migration(), () -> migrations.take(object, clock.instant()));
            if (everything) attempt(object.migration(), () -> migrations.forget(object, clock.instant()));
        }
    }

    private void attempt(String id, Runnable write) {
        if (!isMine.test(id)) return;
        try {
            write.run();
        } catch (KubernetesClientException | Outbox.NotWritten e) {
            LOG.warn("{} is not shown as it is, and tried again: {}", id, e.getMessage());
            note(id);
        } catch (RuntimeException e) {
            // one that cannot be shown, whatever is wrong with it, does not stand in the others' way
            LOG.error("{} cannot be shown", id, e);
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            watching.close();
            thread.join(Duration.ofSeconds(5));
        } catch (Exception e) {
            LOG.debug("while it ends", e);
        }
        processInformer.close();
        migrationInformer.close();
        budgets.close();
    }
}

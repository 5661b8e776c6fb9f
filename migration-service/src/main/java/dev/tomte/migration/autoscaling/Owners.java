package dev.tomte.migration.autoscaling;

import dev.tomte.contracts.PodMarks;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Informable;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.ReducedStateItemStore;
import java.util.List;
import java.util.Optional;

/**
 * The pods of one namespace and who owns them, as informers have them: their metadata only. Of controllers those are
 * read that have built-in ones above them.
 */
final class Owners implements Targeting.Controllers, AutoCloseable {
    /** What is taken over the wire at once. */
    private static final long PAGE = 200;

    private static final Controller REPLICA_SET = new Controller("apps", "ReplicaSet", "");
    private static final Controller JOB = new Controller("batch", "Job", "");

    private final String namespace;
    private final SharedIndexInformer<Pod> pods;
    private final SharedIndexInformer<ReplicaSet> replicaSets;
    private final SharedIndexInformer<Job> jobs;

    Owners(KubernetesClient cluster, String namespace) {
        this.namespace = namespace;
        pods = metadata(
                cluster, Pod.class, cluster.pods().inNamespace(namespace).withoutLabel(PodMarks.GUEST));
        replicaSets =
                metadata(cluster, ReplicaSet.class, cluster.apps().replicaSets().inNamespace(namespace));
        jobs = metadata(cluster, Job.class, cluster.batch().v1().jobs().inNamespace(namespace));
    }

    private static <T extends HasMetadata> SharedIndexInformer<T> metadata(
            KubernetesClient cluster, Class<T> type, Informable<T> those) {
        SharedIndexInformer<T> informer = those.withLimit(PAGE).runnableInformer(0);
        informer.removeNamespaceIndex();
        informer.itemStore(new ReducedStateItemStore<>(
                ReducedStateItemStore.NAME_KEY_STATE,
                type,
                cluster.getKubernetesSerialization(),
                "metadata.annotations",
                "metadata.ownerReferences"));
        informer.exceptionHandler((isStarted, why) -> true);
        var _ = informer.start();
        return informer;
    }

    /** Whether all has been read once. */
    boolean areKnown() {
        return pods.hasSynced() && replicaSets.hasSynced() && jobs.hasSynced();
    }

    Optional<ObjectMeta> pod(String name) {
        return found(pods, name);
    }

    @Override
    public boolean areRead(Controller kind) {
        return isOf(REPLICA_SET, kind) || isOf(JOB, kind);
    }

    private static boolean isOf(Controller kind, Controller one) {
        return kind.group().equals(one.group()) && kind.kind().equals(one.kind());
    }

    @Override
    public Optional<ObjectMeta> find(Controller controller) {
        return found(isOf(JOB, controller) ? jobs : replicaSets, controller.name());
    }

    private Optional<ObjectMeta> found(SharedIndexInformer<? extends HasMetadata> those, String name) {
        return Optional.ofNullable(those.getStore().getByKey(namespace + "/" + name))
                .map(HasMetadata::getMetadata);
    }

    @Override
    public void close() {
        List.of(pods, replicaSets, jobs).forEach(SharedIndexInformer::close);
    }
}

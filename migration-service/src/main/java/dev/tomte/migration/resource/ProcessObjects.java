package dev.tomte.migration.resource;

import dev.tomte.contracts.ProcessStatus;
import dev.tomte.migration.view.FleetView;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import io.fabric8.kubernetes.client.informers.cache.Indexer;
import java.util.Optional;

/** Shows processes. One thread. */
final class ProcessObjects {
    private final KubernetesClient cluster;
    private final FleetView view;
    private final Indexer<ProcessObject> known;

    ProcessObjects(KubernetesClient cluster, FleetView view, Indexer<ProcessObject> known) {
        this.cluster = cluster;
        this.view = view;
        this.known = known;
    }

    /** @param alsoUsage whether it is worth a request that it has used more meanwhile */
    void show(ProcessStatus process, boolean alsoUsage) {
        if (!isTheNewestOfItsName(process)) return;
        ProcessObject shown = known.getByKey(Cache.namespaceKeyFunc(process.namespace(), process.name()));
        ProcessObject.Status now = ProcessObject.Status.of(process);
        if (shown == null) {
            if (process.isLiving()) create(process, now);
        } else if (alsoUsage ? !now.equals(shown.getStatus()) : !now.saysTheSameAs(shown.getStatus())) {
            tell(shown.getMetadata(), now);
        }
    }

    /** A container that was started again is another process in the same pod. */
    private boolean isTheNewestOfItsName(ProcessStatus process) {
        return view.find(process.namespace() + "/" + process.name())
                .filter(it -> it.process().equals(process.process()))
                .isPresent();
    }

    private void create(ProcessStatus process, ProcessObject.Status now) {
        Optional<HomePod> home = HomePod.find(cluster, process.namespace(), process.name());
        if (home.isEmpty()) return;
        ProcessObject fresh = new ProcessObject();
        fresh.setMetadata(new ObjectMetaBuilder()
                .withName(process.name())
                .withNamespace(process.namespace())
                .withOwnerReferences(home.get().owner())
                .build());
        ClusterWrites.create(cluster, fresh);
        tell(fresh.getMetadata(), now);
    }

    private void tell(ObjectMeta whose, ProcessObject.Status now) {
        ProcessObject status = new ProcessObject();
        status.setMetadata(ClusterWrites.nameOf(whose));
        status.setStatus(now);
        ClusterWrites.status(cluster, status);
    }
}

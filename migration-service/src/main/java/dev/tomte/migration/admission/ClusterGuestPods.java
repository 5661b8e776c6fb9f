package dev.tomte.migration.admission;

import dev.tomte.contracts.PodMarks;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Map;

/** Guest pods by the cluster's word. Its node's agent, which sees the annotation, has the guest leave. */
public final class ClusterGuestPods implements EvictionReview.GuestPods {
    private final KubernetesClient cluster;

    public ClusterGuestPods(KubernetesClient cluster) {
        this.cluster = cluster;
    }

    @Override
    public boolean isLiving(String namespace, String name) {
        Pod pod = cluster.pods().inNamespace(namespace).withName(name).get();
        if (pod == null || pod.getMetadata().getDeletionTimestamp() != null) return false;
        Map<String, String> labels = pod.getMetadata().getLabels();
        return labels != null && labels.containsKey(PodMarks.GUEST);
    }

    @Override
    public void askToLeave(String namespace, String name) {
        cluster.pods()
                .inNamespace(namespace)
                .withName(name)
                .edit(pod -> new PodBuilder(pod)
                        .editMetadata()
                        .addToAnnotations(PodMarks.LEAVE, "evicted")
                        .endMetadata()
                        .build());
    }
}

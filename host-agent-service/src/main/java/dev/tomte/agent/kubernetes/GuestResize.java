package dev.tomte.agent.kubernetes;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.KubernetesClientTimeoutException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Changes what a guest pod asks for while it runs (KEP-1287, in-place resize of pods). Any thread. */
final class GuestResize {
    private static final Logger LOG = LoggerFactory.getLogger(GuestResize.class);
    /** Ours: the kubelet decides within a second; less than a transfer's beginning may take. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    /** The condition of a pod whose resize its node has not, or not yet, agreed to. */
    private static final String PENDING = "PodResizePending";

    private static final int NOT_FOUND = 404;
    private static final PatchContext APPLY = new PatchContext.Builder()
            .withPatchType(PatchType.SERVER_SIDE_APPLY)
            .withFieldManager("tomte-node")
            .withForce(true)
            .build();

    private final KubernetesClient cluster;
    private volatile boolean isThere = true;

    GuestResize(KubernetesClient cluster) {
        this.cluster = cluster;
    }

    /**
     * @param name NAMESPACE/NAME
     * @return false: this cluster (before Kubernetes 1.33) resizes no pods
     * @throws IOException if the node has not so much to give, or does not say
     * @throws KubernetesClientException if the cluster refuses
     */
    boolean resize(String name, GuestMemory memory) throws IOException {
        if (!isThere) return false;
        int slash = name.indexOf('/');
        Pod wanted = new PodBuilder()
                .withNewMetadata()
                .withNamespace(name.substring(0, slash))
                .withName(name.substring(slash + 1))
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName(GuestPod.CONTAINER)
                .withNewResources()
                .addToRequests("memory", memory.quantity())
                .endResources()
                .endContainer()
                .endSpec()
                .build();
        Pod told;
        try {
            told = cluster.resource(wanted).subresource("resize").patch(APPLY);
        } catch (KubernetesClientException e) {
            if (e.getCode() != NOT_FOUND) throw e;
            isThere = false;
            LOG.warn("guest pods keep what they first ask for: this cluster resizes none");
            return false;
        }
        long generation = told.getMetadata().getGeneration();
        Pod answered;
        try {
            answered = cluster.resource(wanted)
                    .waitUntilCondition(
                            pod -> pod == null
                                    || isGiven(pod, memory)
                                    || pending(pod, generation).isPresent(),
                            PATIENCE.toMillis(),
                            TimeUnit.MILLISECONDS);
        } catch (KubernetesClientTimeoutException e) {
            throw new IOException(
                    "the kubelet does not say whether it gives %s %d MiB".formatted(name, memory.asked() >> 20), e);
        }
        Optional<PodCondition> pending = answered == null ? Optional.empty() : pending(answered, generation);
        if (pending.isPresent())
            throw new IOException("the node cannot promise %s %d MiB: %s (%s)"
                    .formatted(
                            name,
                            memory.asked() >> 20,
                            pending.get().getMessage(),
                            pending.get().getReason()));
        return true;
    }

    private static boolean isGiven(Pod pod, GuestMemory memory) {
        return pod.getStatus().getContainerStatuses().stream()
                .map(ContainerStatus::getAllocatedResources)
                .anyMatch(memory::isIn);
    }

    /** Its node's answer to this resize, or a later one. */
    private static Optional<PodCondition> pending(Pod pod, long generation) {
        return pod.getStatus().getConditions().stream()
                .filter(condition -> condition.getType().equals(PENDING)
                        && condition.getStatus().equals("True"))
                .filter(condition ->
                        condition.getObservedGeneration() == null || condition.getObservedGeneration() >= generation)
                .findFirst();
    }
}

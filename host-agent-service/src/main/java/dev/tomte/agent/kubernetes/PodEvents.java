package dev.tomte.agent.kubernetes;

import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What {@code kubectl describe pod} tells of a home pod. Nothing depends on an event: one that is not told is logged. */
final class PodEvents {
    private static final Logger LOG = LoggerFactory.getLogger(PodEvents.class);
    private static final String WHO = "tomte-node";
    private static final int CONFLICT = 409;

    private final KubernetesClient cluster;

    PodEvents(KubernetesClient cluster) {
        this.cluster = cluster;
    }

    /** Why a pod stays where it is; told once for each pod. */
    void cannotMove(Pod pod, String why) {
        String namespace = pod.getMetadata().getNamespace();
        String now = Instant.now().toString();
        try {
            cluster.v1()
                    .events()
                    .inNamespace(namespace)
                    .resource(new EventBuilder()
                            .withNewMetadata()
                            .withName(pod.getMetadata().getName() + ".stays-"
                                    + pod.getMetadata().getUid().substring(0, 8))
                            .withNamespace(namespace)
                            .endMetadata()
                            .withInvolvedObject(new ObjectReferenceBuilder()
                                    .withApiVersion("v1")
                                    .withKind("Pod")
                                    .withNamespace(namespace)
                                    .withName(pod.getMetadata().getName())
                                    .withUid(pod.getMetadata().getUid())
                                    .build())
                            .withType("Warning")
                            .withReason("CannotMove")
                            .withMessage(why)
                            .withFirstTimestamp(now)
                            .withLastTimestamp(now)
                            .withCount(1)
                            .withNewSource()
                            .withComponent(WHO)
                            .endSource()
                            .withReportingComponent(WHO)
                            .build())
                    .create();
        } catch (KubernetesClientException e) {
            if (e.getCode() != CONFLICT)
                LOG.warn("of {} it is not told why it stays: {}", Marks.name(pod), e.getMessage());
        }
    }
}

package dev.tomte.migration.resource;

import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Instant;
import java.util.Optional;

/**
 * A process's home pod, as far as what is shown of the process hangs on it.
 *
 * @param uid of this one of the pods that have had its name
 */
record HomePod(String namespace, String name, String uid) {
    private static final String WHO = "tomte";

    static Optional<HomePod> find(KubernetesClient cluster, String namespace, String name) {
        Pod pod = cluster.pods().inNamespace(namespace).withName(name).get();
        return Optional.ofNullable(pod)
                .map(it -> new HomePod(namespace, name, it.getMetadata().getUid()));
    }

    /** What is owned so goes with the pod. */
    OwnerReference owner() {
        return new OwnerReferenceBuilder()
                .withApiVersion("v1")
                .withKind("Pod")
                .withName(name)
                .withUid(uid)
                .build();
    }

    /**
     * Tells of it what {@code kubectl describe pod} shows; once, whoever tells it.
     *
     * @param id of what has happened
     * @param isNormal or a warning
     */
    void tell(KubernetesClient cluster, String id, boolean isNormal, String reason, String message, Instant at) {
        try {
            cluster.v1()
                    .events()
                    .inNamespace(namespace)
                    .resource(new EventBuilder()
                            .withNewMetadata()
                            .withName(name + "." + id)
                            .withNamespace(namespace)
                            .endMetadata()
                            .withInvolvedObject(new ObjectReferenceBuilder()
                                    .withApiVersion("v1")
                                    .withKind("Pod")
                                    .withNamespace(namespace)
                                    .withName(name)
                                    .withUid(uid)
                                    .build())
                            .withType(isNormal ? "Normal" : "Warning")
                            .withReason(reason)
                            .withMessage(message)
                            .withFirstTimestamp(at.toString())
                            .withLastTimestamp(at.toString())
                            .withCount(1)
                            .withNewSource()
                            .withComponent(WHO)
                            .endSource()
                            .withReportingComponent(WHO)
                            .build())
                    .create();
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) throw e;
        }
    }
}

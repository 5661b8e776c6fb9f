package dev.tomte.migration.resource;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;

/** Writes that may be repeated, by this replica or the other. */
final class ClusterWrites {
    private static final PatchContext APPLY = new PatchContext.Builder()
            .withPatchType(PatchType.SERVER_SIDE_APPLY)
            .withFieldManager("tomte")
            .withForce(true)
            .build();

    private ClusterWrites() {}

    static ObjectMeta nameOf(ObjectMeta full) {
        return new ObjectMetaBuilder()
                .withName(full.getName())
                .withNamespace(full.getNamespace())
                .build();
    }

    /** Nothing to do for one that is there already. */
    static void create(KubernetesClient cluster, HasMetadata fresh) {
        try {
            cluster.resource(fresh).create();
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) throw e;
        }
    }

    /** Nothing to do for one that is gone. */
    static void status(KubernetesClient cluster, HasMetadata status) {
        try {
            cluster.resource(status).subresource("status").patch(APPLY);
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) throw e;
        }
    }
}

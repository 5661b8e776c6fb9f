package dev.tomte.agent.kubernetes;

import dev.tomte.agent.preflight.Preflight;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The condition {@code TomteReady} of a node: whether processes can move to and from it, and what was looked at. */
public final class NodeCondition {
    private static final Logger LOG = LoggerFactory.getLogger(NodeCondition.class);
    private static final String TYPE = "TomteReady";
    private static final PatchContext APPLY = new PatchContext.Builder()
            .withPatchType(PatchType.SERVER_SIDE_APPLY)
            .withFieldManager("tomte-node")
            .withForce(true)
            .build();

    private NodeCondition() {}

    /** Nothing depends on it: what cannot be said is logged. */
    public static void say(KubernetesClient cluster, String node, Preflight preflight) {
        String now = Instant.now().toString();
        try {
            cluster.resource(new NodeBuilder()
                            .withNewMetadata()
                            .withName(node)
                            .endMetadata()
                            .withNewStatus()
                            .addNewCondition()
                            .withType(TYPE)
                            .withStatus(preflight.isPassed() ? "True" : "False")
                            .withReason(preflight.isPassed() ? "Passed" : "Impossible")
                            .withMessage(preflight.toString())
                            .withLastHeartbeatTime(now)
                            .withLastTransitionTime(now)
                            .endCondition()
                            .endStatus()
                            .build())
                    .subresource("status")
                    .patch(APPLY);
        } catch (KubernetesClientException e) {
            LOG.warn("node {} has no condition {}: {}", node, TYPE, e.getMessage());
        }
    }
}

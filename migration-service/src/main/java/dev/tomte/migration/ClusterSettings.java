package dev.tomte.migration;

import dev.tomte.migration.admission.StubDelivery;
import java.nio.file.Path;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The settings below {@code tomte.cluster}, for a service that runs in a Kubernetes cluster.
 *
 * @param port where the API server and agents without a certificate ask
 * @param namespace of this release
 * @param authority directory with ca.crt and ca.key, which sign nodes' certificates
 * @param stubImage the image that holds the stub, at /stub
 * @param stubDelivery how it comes into home pods: {@code imageVolume} or {@code initContainer}
 * @param agentAccount the agents' service account in the same namespace
 * @param webhook the webhook configurations that name this service; they are told which authority to trust
 * @param budgets whether PodDisruptionBudgets keep guests where nobody answers for the webhook of evictions
 */
@ConfigurationProperties("tomte.cluster")
record ClusterSettings(
        @DefaultValue("9443") int port,
        String namespace,
        Path authority,
        String stubImage,
        @DefaultValue("imageVolume") StubDelivery stubDelivery,
        @DefaultValue("tomte-node") String agentAccount,
        @DefaultValue("tomte") String webhook,
        @DefaultValue("true") boolean budgets) {}

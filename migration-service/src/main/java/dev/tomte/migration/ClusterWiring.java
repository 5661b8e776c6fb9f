package dev.tomte.migration;

import dev.tomte.authority.Authority;
import dev.tomte.contracts.Identity;
import dev.tomte.migration.admission.Reviews;
import dev.tomte.migration.enrolment.ClusterVouching;
import dev.tomte.migration.enrolment.Enrolment;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.util.Base64;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.json.JsonMapper;

/** What the service has besides where it runs in a Kubernetes cluster. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty("tomte.cluster.namespace")
@EnableConfigurationProperties(ClusterSettings.class)
class ClusterWiring {
    @Bean(destroyMethod = "close")
    KubernetesClient cluster() {
        return new KubernetesClientBuilder().build();
    }

    @Bean(destroyMethod = "close")
    ClusterServer clusterServer(
            MigrationSettings service, ClusterSettings settings, KubernetesClient cluster, JsonMapper json)
            throws IOException {
        Identity identity = service.identity();
        ClusterServer server = new ClusterServer(
                new InetSocketAddress(settings.port()),
                identity,
                new Reviews(json, settings.stubImage()),
                new Enrolment(
                        json,
                        Authority.open(settings.authority()),
                        new ClusterVouching(
                                cluster,
                                "system:serviceaccount:" + settings.namespace() + ":" + settings.agentAccount())));
        trust(cluster, settings.webhook(), Files.readAllBytes(identity.authority()));
        return server;
    }

    /** The chart cannot know the authority, which is founded when it is installed. */
    private static void trust(KubernetesClient cluster, String webhook, byte[] authority) {
        String bundle = Base64.getEncoder().encodeToString(authority);
        cluster.admissionRegistration()
                .v1()
                .mutatingWebhookConfigurations()
                .withName(webhook)
                .edit(now -> {
                    MutatingWebhookConfigurationBuilder edited = new MutatingWebhookConfigurationBuilder(now);
                    for (int i = 0; i < now.getWebhooks().size(); i++)
                        edited.editWebhook(i)
                                .editClientConfig()
                                .withCaBundle(bundle)
                                .endClientConfig()
                                .endWebhook();
                    return edited.build();
                });
    }
}

package dev.tomte.migration;

import dev.tomte.authority.Authority;
import dev.tomte.contracts.Identity;
import dev.tomte.migration.access.ClusterAccess;
import dev.tomte.migration.admission.ClusterGuestPods;
import dev.tomte.migration.admission.EvictionReview;
import dev.tomte.migration.admission.HomeReview;
import dev.tomte.migration.admission.Reviews;
import dev.tomte.migration.autoscaling.AutoscaledPods;
import dev.tomte.migration.enrolment.ClusterVouching;
import dev.tomte.migration.enrolment.Enrolment;
import dev.tomte.migration.journal.KafkaOutbox;
import dev.tomte.migration.orchestration.Doorkeeper;
import dev.tomte.migration.orchestration.PartitionOwner;
import dev.tomte.migration.resource.Projection;
import dev.tomte.migration.view.FleetView;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.time.Clock;
import java.util.Base64;
import java.util.Objects;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.web.server.AbstractConfigurableWebServerFactory;
import org.springframework.boot.web.server.Ssl;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import tools.jackson.databind.json.JsonMapper;

/** What the service has besides where it runs in a Kubernetes cluster. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty("tomte.cluster.namespace")
@EnableConfigurationProperties(ClusterSettings.class)
class ClusterWiring {
    /** Spring Cloud Kubernetes has another, with which it has read the settings. */
    @Bean(destroyMethod = "close")
    @Primary
    KubernetesClient cluster() {
        return new KubernetesClientBuilder().build();
    }

    @Bean
    ClusterAccess users(KubernetesClient cluster) {
        return new ClusterAccess(cluster);
    }

    /** Whoever shows a token of the cluster's has no certificate of ours. One that is shown must still be ours. */
    @Bean
    WebServerFactoryCustomizer<AbstractConfigurableWebServerFactory> certificatesAreOptional() {
        return server -> Objects.requireNonNull(server.getSsl(), "server.ssl").setClientAuth(Ssl.ClientAuth.WANT);
    }

    @Bean(destroyMethod = "close")
    ClusterServer clusterServer(
            MigrationSettings service, ClusterSettings settings, KubernetesClient cluster, JsonMapper json)
            throws IOException {
        Identity identity = service.identity();
        ClusterServer server = new ClusterServer(
                new InetSocketAddress(settings.port()),
                identity,
                new Reviews(json, new HomeReview(json, settings.stubImage(), settings.stubDelivery())),
                new Reviews(json, new EvictionReview(new ClusterGuestPods(cluster))),
                new Enrolment(
                        json,
                        Authority.open(settings.authority()),
                        new ClusterVouching(
                                cluster,
                                "system:serviceaccount:" + settings.namespace() + ":" + settings.agentAccount())));
        trust(cluster, settings.webhook(), Files.readAllBytes(identity.authority()));
        return server;
    }

    @Bean(destroyMethod = "close")
    Projection projection(
            ClusterSettings settings,
            KubernetesClient cluster,
            FleetView view,
            Doorkeeper doorkeeper,
            KafkaOutbox outbox,
            PartitionOwner owner,
            Clock clock) {
        return new Projection(
                cluster, view, doorkeeper, outbox, owner::owns, settings.webhook(), settings.budgets(), clock);
    }

    @Bean(destroyMethod = "close")
    AutoscaledPods autoscaledPods(KubernetesClient cluster, FleetView view) {
        return new AutoscaledPods(cluster, view);
    }

    /** The chart cannot know the authority, which is founded when it is installed. */
    private static void trust(KubernetesClient cluster, String webhook, byte[] authority) {
        String bundle = Base64.getEncoder().encodeToString(authority);
        var registration = cluster.admissionRegistration().v1();
        registration.mutatingWebhookConfigurations().withName(webhook).edit(now -> {
            now.getWebhooks().forEach(each -> each.getClientConfig().setCaBundle(bundle));
            return now;
        });
        registration.validatingWebhookConfigurations().withName(webhook).edit(now -> {
            now.getWebhooks().forEach(each -> each.getClientConfig().setCaBundle(bundle));
            return now;
        });
    }
}

package dev.tomte.migration;

import dev.tomte.bus.Connection;
import dev.tomte.contracts.Identity;
import dev.tomte.metrics.MetricsServer;
import dev.tomte.migration.access.Access;
import dev.tomte.migration.access.Cluster;
import dev.tomte.migration.journal.Broker;
import dev.tomte.migration.journal.KafkaOutbox;
import dev.tomte.migration.orchestration.Doorkeeper;
import dev.tomte.migration.orchestration.PartitionOwner;
import dev.tomte.migration.placement.Placer;
import dev.tomte.migration.placement.Snapshots;
import dev.tomte.migration.placement.Ties;
import dev.tomte.migration.rest.CallerFilter;
import dev.tomte.migration.rest.Fleet;
import dev.tomte.migration.streams.HomeStreams;
import dev.tomte.migration.view.FleetMetrics;
import dev.tomte.migration.view.FleetView;
import dev.tomte.migration.view.Horizon;
import dev.tomte.migration.view.ViewFeed;
import io.grpc.TlsChannelCredentials;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import tools.jackson.databind.json.JsonMapper;

/** What this service is made of. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(MigrationSettings.class)
class MigrationWiring {
    /** So long a caller waits to be told that something does not exist. */
    private static final Duration CALLERS_PATIENCE = Duration.ofSeconds(5);

    @Bean
    Clock clock() {
        return Clock.systemUTC();
    }

    @Bean
    Broker broker(Environment environment, MigrationSettings settings) {
        return new Broker(Connection.of(environment::getProperty, settings.identity()));
    }

    @Bean
    FleetView view() {
        return new FleetView();
    }

    @Bean
    ViewFeed feed(Broker broker, FleetView view, Clock clock) {
        return new ViewFeed(broker, view, clock);
    }

    @Bean
    KafkaOutbox outbox(Broker broker) {
        return new KafkaOutbox(broker::producer, broker.connection().prefix());
    }

    @Bean
    Doorkeeper doorkeeper(FleetView view, ObjectProvider<Ties> ties) {
        return new Doorkeeper(view, ties.getIfAvailable(() -> Ties.NONE));
    }

    @Bean
    LiveLimits limits(Environment environment) {
        return new LiveLimits(environment);
    }

    @Bean
    Snapshots snapshots(FleetView view, LiveLimits limits, ObjectProvider<Ties> ties) {
        return new Snapshots(view, limits, ties.getIfAvailable(() -> Ties.NONE));
    }

    @Bean
    PartitionOwner owner(
            Broker broker,
            KafkaOutbox outbox,
            FleetView view,
            Horizon horizon,
            Doorkeeper doorkeeper,
            Snapshots snapshots,
            Clock clock) {
        return new PartitionOwner(
                broker, outbox, view, horizon, doorkeeper, new Placer(view, snapshots, outbox), clock);
    }

    @Bean
    Replica replica(Broker broker, ViewFeed feed, PartitionOwner owner) {
        return new Replica(broker, feed, owner);
    }

    @Bean
    Horizon horizon(Broker broker, ViewFeed feed) {
        return new Horizon(broker, feed);
    }

    @Bean
    Fleet fleet(
            FleetView view,
            ViewFeed feed,
            Horizon horizon,
            KafkaOutbox outbox,
            Clock clock,
            Doorkeeper doorkeeper,
            Access access) {
        return new Fleet(
                view, feed::isCaughtUp, () -> horizon.reach(CALLERS_PATIENCE), outbox, clock, doorkeeper, access);
    }

    @Bean
    HomeStreams streams(MigrationSettings settings) throws IOException {
        Identity identity = settings.identity();
        return new HomeStreams(TlsChannelCredentials.newBuilder()
                .keyManager(identity.certificate().toFile(), identity.key().toFile())
                .trustManager(identity.authority().toFile())
                .build());
    }

    @Bean
    CallerFilter callers(JsonMapper json, Access access) {
        return new CallerFilter(json, access);
    }

    /** Where there is no cluster there are certificates only. */
    @Bean
    Access access(ObjectProvider<Cluster> cluster) {
        return cluster.stream().map(Access::by).findAny().orElseGet(Access::byCertificate);
    }

    @Bean(destroyMethod = "close")
    @ConditionalOnProperty("tomte.metrics.port")
    MetricsServer metrics(MigrationSettings settings, FleetView view, Clock clock) throws IOException {
        MigrationSettings.Metrics at = settings.metrics();
        String address = at.address().isEmpty() ? settings.address() : at.address();
        return new MetricsServer(
                new InetSocketAddress(address, at.port()), settings.identity(), new FleetMetrics(view, clock));
    }

    @Bean
    HealthIndicator topicsHealthIndicator(ViewFeed feed) {
        return () -> feed.isCaughtUp()
                ? Health.up().build()
                : Health.outOfService()
                        .withDetail("why", "the topics have not been read yet")
                        .build();
    }
}

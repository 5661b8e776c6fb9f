package dev.tomte.agent;

import dev.tomte.agent.bus.Broker;
import dev.tomte.agent.bus.Commands;
import dev.tomte.agent.bus.KafkaVoice;
import dev.tomte.agent.bus.Publications;
import dev.tomte.agent.kubernetes.NodeIdentity;
import dev.tomte.agent.preflight.Preflight;
import dev.tomte.metrics.MetricsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

/** One host of a fleet: {@code --tomte.config=FILE} names its properties file. */
@SpringBootApplication(proxyBeanMethods = false)
public class HostMain {
    private static final Logger LOG = LoggerFactory.getLogger(HostMain.class);

    public static void main(String[] args) {
        SpringApplication application = new SpringApplication(HostMain.class);
        application.setWebApplicationType(WebApplicationType.NONE);
        application.setDefaultProperties(Map.ofEntries(
                Map.entry("spring.main.banner-mode", "off"),
                Map.entry("spring.main.keep-alive", "true"),
                Map.entry("logging.level.org.apache.kafka", "WARN"),
                // They say the same every second while brokers are away or refuse; that is said once, by those who miss
                // them.
                Map.entry("logging.level.org.apache.kafka.clients.NetworkClient", "OFF"),
                Map.entry("logging.level.org.apache.kafka.clients.admin.internals.AdminMetadataManager", "OFF"),
                Map.entry("logging.level.io.grpc", "WARN"),
                // the chart says kubernetes; there the ConfigMap tomte-settings is read, also while it is changed
                Map.entry("spring.main.cloud-platform", "none"),
                Map.entry("spring.config.import", "optional:kubernetes:"),
                // it knows of no newer Spring Boot than its own
                Map.entry("spring.cloud.compatibility-verifier.enabled", "false"),
                Map.entry("spring.cloud.kubernetes.config.name", "tomte-settings"),
                Map.entry("spring.cloud.kubernetes.config.read-type", "single"),
                Map.entry("spring.cloud.kubernetes.config.include-profile-specific-sources", "false"),
                Map.entry("spring.cloud.kubernetes.reload.enabled", "true"),
                Map.entry("spring.cloud.kubernetes.reload.enable-reload-filtering", "true")));
        application.run(args);
    }

    @Bean
    HostConfig hostConfig(Environment environment) throws IOException {
        return HostConfig.read(Path.of(environment.getRequiredProperty("tomte.config")));
    }

    @Bean
    LivePolicy idle(HostConfig config, Environment environment) {
        return new LivePolicy(config.sharing(), environment);
    }

    /** Before all that shows the certificate. */
    @Bean(destroyMethod = "close")
    Enrolled enrolled(HostConfig config) throws IOException {
        if (config.enrolment().isEmpty()) return new Enrolled(null);
        NodeIdentity identity =
                new NodeIdentity(config.identity(), config.enrolment().get());
        identity.await();
        return new Enrolled(identity);
    }

    /** That this host has a certificate. */
    record Enrolled(@Nullable NodeIdentity identity) {
        void close() {
            if (identity != null) identity.close();
        }
    }

    @Bean
    Broker broker(HostConfig config, Enrolled enrolled) {
        return new Broker(config.kafka(), config.host());
    }

    @Bean(destroyMethod = "close")
    Publications publications(Broker broker) {
        return new Publications(broker);
    }

    @Bean(destroyMethod = "close")
    Driver driver(HostConfig config) throws IOException {
        return Driver.of(config);
    }

    @Bean(destroyMethod = "close")
    HostAgent hostAgent(HostConfig config, LivePolicy idle, Driver driver, Publications publications)
            throws IOException {
        HostAgent agent = new HostAgent(config, idle, driver.pods(), new KafkaVoice(publications));
        driver.watch(agent);
        Preflight preflight = Preflight.look(config.tools());
        LOG.info("preflight: {}", preflight);
        driver.say(preflight);
        return agent;
    }

    @Bean(destroyMethod = "close")
    Measured measured(HostConfig config, Enrolled enrolled) throws IOException {
        if (config.metricsPort() == 0) return new Measured(null);
        return new Measured(
                new MetricsServer(new InetSocketAddress(config.address(), config.metricsPort()), config.identity()));
    }

    /** That whoever monitors can read what is measured, if that is wanted. */
    record Measured(@Nullable MetricsServer server) {
        void close() {
            if (server != null) server.close();
        }
    }

    @Bean(destroyMethod = "close")
    Commands commands(HostConfig config, Broker broker, HostAgent agent) {
        return new Commands(broker, config.host(), config.state().resolve("commands"), agent::take);
    }
}

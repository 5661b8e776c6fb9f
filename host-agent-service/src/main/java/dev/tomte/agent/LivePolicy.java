package dev.tomte.agent;

import dev.tomte.idle.policy.IdlePolicy;
import java.util.Map;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.context.event.EventListener;
import org.springframework.core.env.Environment;

/**
 * When this host is idle, as its settings have it now: those of its file, and over them its cluster's. A change that
 * cannot be is refused whole: what was stays.
 */
final class LivePolicy implements Supplier<IdlePolicy> {
    private static final Logger LOG = LoggerFactory.getLogger(LivePolicy.class);
    private static final String WHERE = "tomte.idle";

    private final SharingConfig config;
    private final Environment environment;
    private volatile IdlePolicy now;

    /** @throws IllegalArgumentException if the settings cannot be: there is nothing yet that could stay */
    LivePolicy(SharingConfig config, Environment environment) {
        this.config = config;
        this.environment = environment;
        now = read();
    }

    private IdlePolicy read() {
        Map<String, String> said = Binder.get(environment)
                .bind(WHERE, Bindable.mapOf(String.class, String.class))
                .orElseGet(Map::of);
        return config.policy(said);
    }

    @Override
    public IdlePolicy get() {
        return now;
    }

    @EventListener
    void changed(EnvironmentChangeEvent event) {
        if (event.getKeys().stream().noneMatch(key -> key.startsWith(WHERE))) return;
        try {
            now = read();
            LOG.info("idle by {}", now);
        } catch (IllegalArgumentException e) {
            LOG.error("{} stays as it was: {}", WHERE, e.getMessage());
        }
    }
}

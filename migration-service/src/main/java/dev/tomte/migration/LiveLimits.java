package dev.tomte.migration;

import dev.tomte.migration.placement.Limits;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.context.event.EventListener;
import org.springframework.core.env.Environment;

/** What placement keeps to, as the settings have it now. A change that cannot be is refused whole: what was stays. */
final class LiveLimits implements Supplier<Limits> {
    private static final Logger LOG = LoggerFactory.getLogger(LiveLimits.class);
    private static final String WHERE = "tomte.placement";

    private final Environment environment;
    private volatile Limits now;

    /** @throws BindException if the settings cannot be: there is nothing yet that could stay */
    LiveLimits(Environment environment) {
        this.environment = environment;
        now = read();
    }

    private Limits read() {
        return Binder.get(environment).bindOrCreate(WHERE, Limits.class);
    }

    @Override
    public Limits get() {
        return now;
    }

    @EventListener
    void changed(EnvironmentChangeEvent event) {
        if (event.getKeys().stream().noneMatch(key -> key.startsWith(WHERE))) return;
        try {
            now = read();
            LOG.info("placement keeps to {}", now);
        } catch (BindException e) {
            LOG.error("{} stays as it was: {}: {}", WHERE, e.getMessage(), words(e));
        }
    }

    private static String words(Throwable refused) {
        Throwable cause = refused;
        while (cause.getCause() != null) cause = cause.getCause();
        return String.valueOf(cause.getMessage());
    }
}

package dev.tomte.migration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tomte.migration.placement.Limits;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

class LiveLimitsTest {
    private final Map<String, Object> said = new HashMap<>();
    private final StandardEnvironment environment = new StandardEnvironment();

    LiveLimitsTest() {
        environment.getPropertySources().addFirst(new MapPropertySource("said", said));
    }

    private void say(LiveLimits limits, String key, String value) {
        said.put(key, value);
        limits.changed(new EnvironmentChangeEvent(Set.of(key)));
    }

    @Test
    void whatIsNotSaidIsTheStandard() {
        assertEquals(Limits.STANDARD, new LiveLimits(environment).get());
    }

    @Test
    void aChangeCountsAtOnceAndWhatCannotBeChangesNothing() {
        LiveLimits limits = new LiveLimits(environment);
        say(limits, "tomte.placement.moves-per-hour", "3");
        assertEquals(3, limits.get().movesPerHour());
        say(limits, "tomte.placement.settle", "5s");
        Limits good = limits.get();
        assertEquals(Duration.ofSeconds(5), good.settle());

        say(limits, "tomte.placement.moves-at-once", "0");
        assertEquals(good, limits.get(), "no move at all is no limit");
        // one that is wrong keeps what is right with it from counting
        say(limits, "tomte.placement.moves-per-hour", "4");
        assertEquals(good, limits.get());
        say(limits, "tomte.placement.moves-at-once", "many");
        assertEquals(good, limits.get());
        say(limits, "tomte.placement.moves-at-once", "8");
        assertEquals(8, limits.get().movesAtOnce());
        assertEquals(4, limits.get().movesPerHour());
    }

    @Test
    void whatIsNotItsOwnIsNotRead() {
        LiveLimits limits = new LiveLimits(environment);
        said.put("tomte.placement.moves-per-hour", "3");
        limits.changed(new EnvironmentChangeEvent(Set.of("tomte.idle.load-busy")));
        assertEquals(Limits.STANDARD, limits.get());
    }

    @Test
    void withoutAnythingThatCouldStayNothingBegins() {
        said.put("tomte.placement.rest-after-failure", "-1s");
        BindException refused = assertThrows(BindException.class, () -> new LiveLimits(environment));
        Throwable cause = refused;
        while (cause.getCause() != null) cause = cause.getCause();
        assertEquals("rest-after-failure is PT-1S: no negative time", cause.getMessage());
    }
}

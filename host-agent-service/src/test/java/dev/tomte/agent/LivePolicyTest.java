package dev.tomte.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tomte.idle.policy.IdlePolicy;
import dev.tomte.idle.policy.Profile;
import dev.tomte.idle.policy.Setting;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

class LivePolicyTest {
    private final Map<String, Object> said = new HashMap<>();
    private final StandardEnvironment environment = new StandardEnvironment();
    private final SharingConfig file = SharingConfig.of(file());

    LivePolicyTest() {
        environment.getPropertySources().addFirst(new MapPropertySource("said", said));
    }

    private static Properties file() {
        Properties file = new Properties();
        file.setProperty("tomte.cores", "4");
        file.setProperty("tomte.idle.load-busy", "3.5");
        return file;
    }

    private void say(LivePolicy policy, String key, String value) {
        said.put(key, value);
        policy.changed(new EnvironmentChangeEvent(Set.of(key)));
    }

    @Test
    void theClustersWordGoesOverTheFiles() {
        said.put("tomte.idle.profile", "server");
        LivePolicy policy = new LivePolicy(file, environment);
        assertEquals(Profile.SERVER, policy.get().profile());
        assertEquals(3.5, policy.get().settings().value(Setting.LOAD_BUSY));
        say(policy, "tomte.idle.load-busy", "2.5");
        assertEquals(2.5, policy.get().settings().value(Setting.LOAD_BUSY));
        say(policy, "tomte.idle.profile", "workstation");
        assertEquals(Profile.WORKSTATION, policy.get().profile());
        assertEquals(2.5, policy.get().settings().value(Setting.LOAD_BUSY));
    }

    @Test
    void whatCannotBeChangesNothing() {
        LivePolicy policy = new LivePolicy(file, environment);
        IdlePolicy good = policy.get();
        say(policy, "tomte.idle.profile", "laptop");
        assertEquals(good, policy.get());
        said.remove("tomte.idle.profile");
        say(policy, "tomte.idle.load-quiet", "4");
        assertEquals(good, policy.get(), "quiet is more than busy");
        said.remove("tomte.idle.load-quiet");
        say(policy, "tomte.idle.loda-busy", "2");
        assertEquals(good, policy.get(), "there is no such setting");
        said.remove("tomte.idle.loda-busy");
        say(policy, "tomte.idle.input-quiet", "2min");
        assertEquals(120, policy.get().settings().value(Setting.INPUT_QUIET));
    }

    @Test
    void withoutAnythingThatCouldStayNothingBegins() {
        said.put("tomte.idle.profile", "laptop");
        assertThrows(IllegalArgumentException.class, () -> new LivePolicy(file, environment));
    }
}

package dev.tomte.idle.beside;

import dev.tomte.idle.policy.IdlePolicy;
import dev.tomte.idle.policy.IdleSettings;
import dev.tomte.idle.policy.Profile;
import dev.tomte.idle.policy.Setting;
import java.util.List;
import java.util.Map;

/**
 * What an agent tells the detector beside it, at once and then every second.
 *
 * @param version {@link Lines#VERSION}
 * @param cgroup the host's v2 cgroup; counts for the whole of a watch
 * @param cores how many the host has; likewise
 * @param profile as it is meant now
 * @param settings all of them, in their units, as they are meant now
 * @param guests the cgroups of the guests on it now
 */
record Order(
        int version, String cgroup, int cores, Profile profile, Map<Setting, Double> settings, List<String> guests) {
    Order {
        Lines.requireVersion(version);
        settings = Map.copyOf(settings);
        guests = List.copyOf(guests);
    }

    static Order of(String cgroup, int cores, IdlePolicy policy, List<String> guests) {
        return new Order(
                Lines.VERSION,
                cgroup,
                cores,
                policy.profile(),
                policy.settings().values(),
                guests);
    }

    /** @throws IllegalArgumentException if the settings cannot be */
    IdlePolicy policy() {
        return new IdlePolicy(profile, IdleSettings.of(settings));
    }
}

package dev.tomte.agent;

import dev.tomte.contracts.Names;
import dev.tomte.idle.Detection;
import dev.tomte.idle.IdleDetector;
import dev.tomte.idle.PlayedOwner;
import dev.tomte.idle.Watched;
import dev.tomte.idle.beside.DetectorBeside;
import dev.tomte.idle.policy.IdlePolicy;
import dev.tomte.idle.policy.IdleSettings;
import dev.tomte.idle.policy.Profile;
import dev.tomte.idle.policy.Setting;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Supplier;

/**
 * With whom a host shares, and when it is idle.
 *
 * @param idle {@code tomte.idle.profile}, workstation or server, and {@code tomte.idle.KEY} for each {@link Setting}
 * @param cores {@code tomte.cores}; what the machine has
 * @param owner {@code tomte.owner}, the user that it belongs to; empty, the default: nobody
 * @param pool {@code tomte.pool}, default: hosts of different pools do not share
 * @param played {@code tomte.owner.played}, a directory at which its owner is played; without it, the machine's own
 *     devices are watched
 * @param beside {@code tomte.detector}, the socket of a detector in a process of its own; without it, the agent's process
 *     has it
 */
public record SharingConfig(
        Map<String, String> idle,
        int cores,
        String owner,
        String pool,
        Optional<PlayedOwner> played,
        Optional<Path> beside) {
    private static final String PREFIX = "tomte.idle.";
    private static final String PROFILE = "profile";

    public SharingConfig {
        idle = Map.copyOf(idle);
        policy(cores, idle);
        if (!owner.isEmpty()) Names.label("owner", owner);
        Names.label("pool", pool);
        if (played.isPresent() && beside.isPresent())
            throw new IllegalArgumentException("tomte.detector and tomte.owner.played: the agent plays no owner there");
    }

    /** @throws IllegalArgumentException naming the property that cannot be */
    static SharingConfig of(Properties all) {
        String machine = Integer.toString(Runtime.getRuntime().availableProcessors());
        int cores = Integer.parseInt(all.getProperty("tomte.cores", machine));
        Map<String, String> idle = new HashMap<>();
        for (String key : all.stringPropertyNames())
            if (key.startsWith(PREFIX)) idle.put(key.substring(PREFIX.length()), all.getProperty(key));
        return new SharingConfig(
                idle,
                cores,
                all.getProperty("tomte.owner", ""),
                all.getProperty("tomte.pool", "default"),
                Optional.ofNullable(all.getProperty("tomte.owner.played")).map(at -> new PlayedOwner(Path.of(at))),
                Optional.ofNullable(all.getProperty("tomte.detector")).map(Path::of));
    }

    /** When it is idle. */
    public IdlePolicy policy() {
        return policy(cores, idle);
    }

    /**
     * Likewise, where something else is said over it.
     *
     * @throws IllegalArgumentException naming what cannot be
     */
    IdlePolicy policy(Map<String, String> over) {
        Map<String, String> all = new HashMap<>(idle);
        all.putAll(over);
        return policy(cores, all);
    }

    private static IdlePolicy policy(int cores, Map<String, String> said) {
        Map<String, String> settings = new HashMap<>(said);
        String word = settings.remove(PROFILE);
        Profile profile = Profile.of(word == null ? "workstation" : word);
        return new IdlePolicy(profile, IdleSettings.standard(profile, cores).with(settings));
    }

    /**
     * Who watches for the owner, and where.
     *
     * @param cgroup the host's
     * @param policy as it is meant now
     * @param guests the cgroups of the guests on it now
     */
    Detection detection(Path cgroup, Supplier<IdlePolicy> policy, Supplier<? extends Collection<Path>> guests) {
        if (beside.isPresent()) return DetectorBeside.at(beside.get(), cgroup, cores, policy, guests);
        Watched host = played.map(owner -> Watched.played(owner, cgroup, cores, guests))
                .orElseGet(() -> Watched.machine(Path.of("/"), cgroup, cores, guests));
        return (agent, listener) -> IdleDetector.start(host, policy, agent, listener);
    }
}

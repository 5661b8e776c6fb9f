package dev.tomte.idle.policy;

import java.util.EnumMap;
import java.util.Map;

/** A value for every {@link Setting}, and never a pair the wrong way round. */
public final class IdleSettings {
    private final Map<Setting, Double> values;

    private IdleSettings(Map<Setting, Double> values) {
        this.values = values;
        values.forEach((setting, value) -> {
            if (!(value >= 0 && value < 1e18) || (setting.unit() == Unit.SHARE && value > 1))
                throw new IllegalArgumentException("%s cannot be %s".formatted(setting.key(), value));
        });
        ordered(Setting.INPUT_BUSY, Setting.INPUT_QUIET);
        ordered(Setting.LOAD_QUIET, Setting.LOAD_BUSY);
        ordered(Setting.CPU_STALL_QUIET, Setting.CPU_STALL_BUSY);
        ordered(Setting.MEMORY_STALL_QUIET, Setting.MEMORY_STALL_BUSY);
        ordered(Setting.MEMORY_BUSY, Setting.MEMORY_QUIET);
        ordered(Setting.HOLD_SHORTEST, Setting.HOLD_LONGEST);
        if (value(Setting.STALE) <= 0) throw new IllegalArgumentException("stale cannot be 0");
    }

    private void ordered(Setting less, Setting more) {
        if (value(less) > value(more))
            throw new IllegalArgumentException(
                    "%s (%s) is more than %s (%s)".formatted(less.key(), value(less), more.key(), value(more)));
    }

    /** The defaults. */
    public static IdleSettings standard(Profile profile, int cores) {
        if (cores < 1) throw new IllegalArgumentException("a host has at least one core, not " + cores);
        Map<Setting, Double> values = new EnumMap<>(Setting.class);
        for (Setting setting : Setting.values()) values.put(setting, setting.standard(profile, cores));
        return new IdleSettings(values);
    }

    /** HTCondor's desktop policy, as near as these settings come. */
    public static IdleSettings htcondor(int cores) {
        return standard(Profile.WORKSTATION, cores)
                .with(Map.of(
                        "input-quiet", "15min",
                        "input-busy", "60s",
                        "load-quiet", "0.3",
                        "load-busy", "0.5",
                        "strain-busy", "2min"));
    }

    /** BOINC's default preferences, as near as these settings come. */
    public static IdleSettings boinc(int cores) {
        double quarter = cores * 0.25;
        return standard(Profile.WORKSTATION, cores)
                .with(Setting.INPUT_QUIET, 180)
                .with(Setting.LOAD_QUIET, Math.min(quarter, 0.3))
                .with(Setting.LOAD_BUSY, quarter);
    }

    /** @throws IllegalArgumentException if the value cannot be, alone or beside the others */
    public IdleSettings with(Setting setting, double value) {
        Map<Setting, Double> changed = new EnumMap<>(values);
        changed.put(setting, value);
        return new IdleSettings(changed);
    }

    /**
     * With what a configuration says: "input-quiet" to "2min", "load-busy" to "1.5", "cpu-stall-busy" to "20%",
     * "memory-busy" to "256MiB". All are changed together.
     *
     * @throws IllegalArgumentException naming the setting that is unknown or cannot have that value
     */
    public IdleSettings with(Map<String, String> words) {
        Map<Setting, Double> changed = new EnumMap<>(values);
        words.forEach((key, word) -> {
            Setting setting = Setting.of(key);
            try {
                changed.put(setting, setting.unit().parse(word));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(key + ": " + e.getMessage(), e);
            }
        });
        return new IdleSettings(changed);
    }

    /**
     * Of a value for every setting, in its unit.
     *
     * @throws IllegalArgumentException if one is missing or cannot be
     */
    public static IdleSettings of(Map<Setting, Double> values) {
        for (Setting setting : Setting.values())
            if (!values.containsKey(setting)) throw new IllegalArgumentException("there is no " + setting.key());
        return new IdleSettings(new EnumMap<>(values));
    }

    /** A value for every setting, in its unit. */
    public Map<Setting, Double> values() {
        return Map.copyOf(values);
    }

    /** In the setting's unit. */
    public double value(Setting setting) {
        return values.getOrDefault(setting, 0.0);
    }

    /** A setting of seconds, in nanoseconds. */
    public long nanos(Setting setting) {
        if (setting.unit() != Unit.SECONDS) throw new IllegalArgumentException(setting.key() + " is no time");
        return (long) (value(setting) * 1e9);
    }

    @Override
    public boolean equals(@org.jspecify.annotations.Nullable Object other) {
        return other instanceof IdleSettings settings && settings.values.equals(values);
    }

    @Override
    public int hashCode() {
        return values.hashCode();
    }

    @Override
    public String toString() {
        return values.toString();
    }
}

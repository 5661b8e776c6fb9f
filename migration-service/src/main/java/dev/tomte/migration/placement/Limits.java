package dev.tomte.migration.placement;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What placement keeps to; below {@code tomte.placement}. Where no source is named the value is ours.
 *
 * @param movesAtOnce in all
 * @param movesPerHost that a host takes part in at once, by placement
 * @param evictionsPerHost that leave a host at once: more would only share its network
 * @param guestsPerCore a host takes in; Sprite gave a whole idle host to one process, of one core then
 * @param movesPerHour of one process, without anybody's asking; past it, it is only ever taken home
 * @param settle a process is left alone for so long after its start: most end before a move would pay
 * @param restAfterEviction before an evicted process is placed again; as long as the owner must be away, Sprite's 30 s
 * @param restAfterFailure before a process whose move failed is placed again; doubles with every failure, up to an hour
 * @param insistAfterFailure before an eviction that failed is tried again; doubles up to a minute
 * @param unknownLasts nothing has told for so long whether the owner is there: then guests leave. Longer than a detector
 *     needs that has been started again
 * @param memoryReserve bytes that must be left free by a process that comes; the detector's memory-quiet
 */
public record Limits(
        @DefaultValue("16") int movesAtOnce,
        @DefaultValue("2") int movesPerHost,
        @DefaultValue("4") int evictionsPerHost,
        @DefaultValue("1") int guestsPerCore,
        @DefaultValue("20") int movesPerHour,
        @DefaultValue("1s") Duration settle,
        @DefaultValue("30s") Duration restAfterEviction,
        @DefaultValue("60s") Duration restAfterFailure,
        @DefaultValue("2s") Duration insistAfterFailure,
        @DefaultValue("30s") Duration unknownLasts,
        @DefaultValue("536870912") long memoryReserve) {
    public static final Limits STANDARD = new Limits(
            16,
            2,
            4,
            1,
            20,
            Duration.ofSeconds(1),
            Duration.ofSeconds(30),
            Duration.ofSeconds(60),
            Duration.ofSeconds(2),
            Duration.ofSeconds(30),
            512L << 20);

    /** @throws IllegalArgumentException naming the setting that cannot be */
    public Limits {
        atLeast("moves-at-once", movesAtOnce, 1);
        atLeast("moves-per-host", movesPerHost, 1);
        atLeast("evictions-per-host", evictionsPerHost, 1);
        atLeast("guests-per-core", guestsPerCore, 0);
        atLeast("moves-per-hour", movesPerHour, 0);
        notNegative("settle", settle);
        notNegative("rest-after-eviction", restAfterEviction);
        notNegative("rest-after-failure", restAfterFailure);
        notNegative("insist-after-failure", insistAfterFailure);
        notNegative("unknown-lasts", unknownLasts);
        atLeast("memory-reserve", memoryReserve, 0);
    }

    private static void atLeast(String name, long value, long least) {
        if (value < least) throw new IllegalArgumentException("%s is %d: at least %d".formatted(name, value, least));
    }

    private static void notNegative(String name, Duration value) {
        if (value.isNegative()) throw new IllegalArgumentException("%s is %s: no negative time".formatted(name, value));
    }
}

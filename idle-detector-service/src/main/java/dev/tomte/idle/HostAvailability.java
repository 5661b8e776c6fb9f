package dev.tomte.idle;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Cause;
import dev.tomte.idle.signal.OwnerLoad;
import dev.tomte.idle.signal.RunQueueAverages;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What a detector says of its host.
 *
 * @param cause what it is not available for; NONE where it is
 * @param why the state in words
 * @param since when the state began, for people
 * @param lasting for how long it has, by a clock that nobody sets: compare this
 * @param freeCores cores that neither owner nor guests use; 0 where it is not known
 * @param freeMemory bytes; 0 where it is not known
 * @param inputIdle how long ago the newest sign of the owner was, where one has been seen
 * @param load empty where it is not known
 * @param runQueue for comparison with Sprite; empty where it is not known
 */
public record HostAvailability(
        Availability.State state,
        Cause cause,
        String why,
        Instant since,
        Duration lasting,
        double freeCores,
        long freeMemory,
        Optional<Duration> inputIdle,
        Optional<OwnerLoad> load,
        Optional<RunQueueAverages> runQueue) {}

package dev.tomte.contracts;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is said of a host on {@link Topics#AVAILABILITY}.
 *
 * @param address where its agent and origin are reached by other hosts
 * @param root the directory on this machine that is the host's root file system; empty where there is none to see
 * @param why the state in words
 * @param since when the state began
 * @param at when this was said; a host not heard of for {@link #STALE_SECONDS} is unavailable
 * @param freeCpu cores that neither owner nor guests use
 * @param freeMemory bytes
 * @param cpuFeatures flags as /proc/cpuinfo names them
 */
public record Availability(
        String host,
        State state,
        String why,
        Instant since,
        Instant at,
        String address,
        int agentPort,
        int originPort,
        String root,
        double freeCpu,
        long freeMemory,
        Set<String> cpuFeatures,
        String kernel,
        int guests,
        Sharing sharing) {
    /** Three times the interval at which it is said again. */
    public static final int STALE_SECONDS = 9;

    public enum State {
        /** Nobody needs it: it takes in guests by itself. */
        AVAILABLE,
        UNAVAILABLE,
        @JsonEnumDefaultValue
        UNKNOWN
    }

    /**
     * What decides whether it shares, and with whom.
     *
     * @param cause what the host is not available for; NONE where it is
     * @param lastingMillis for how long the state has lasted when this was said, by a clock that nobody sets
     * @param inputIdleMillis how long ago the newest sign of the owner was; null where none has been seen
     * @param cores that it has
     * @param ownerCpu cores that the owner uses
     * @param guestCpu cores that its guests use
     * @param held the processes of those guests that stand still because the owner is back
     * @param architecture as Java names it: amd64, aarch64
     * @param pool hosts of different pools do not share
     * @param ownerPlayed whether a command can play its owner
     * @param guestLimits what guests may take of its processors and memory, in words; empty: it does not say
     * @param notice what its cluster asks of it
     */
    public record Sharing(
            Cause cause,
            long lastingMillis,
            @Nullable Long inputIdleMillis,
            int cores,
            double ownerCpu,
            double guestCpu,
            Set<String> held,
            String architecture,
            String pool,
            SharePolicy policy,
            boolean ownerPlayed,
            @Nullable String guestLimits,
            Notice notice) {
        public Sharing {
            held = Set.copyOf(held);
            guestLimits = guestLimits == null ? "" : guestLimits;
            // older versions do not say it
            notice = Objects.requireNonNullElse(notice, Notice.NONE);
        }

        /** One that does not say what guests may take, and of which no cluster asks anything. */
        public Sharing(
                Cause cause,
                long lastingMillis,
                @Nullable Long inputIdleMillis,
                int cores,
                double ownerCpu,
                double guestCpu,
                Set<String> held,
                String architecture,
                String pool,
                SharePolicy policy,
                boolean ownerPlayed) {
            this(
                    cause,
                    lastingMillis,
                    inputIdleMillis,
                    cores,
                    ownerCpu,
                    guestCpu,
                    held,
                    architecture,
                    pool,
                    policy,
                    ownerPlayed,
                    "",
                    Notice.NONE);
        }

        /** When nothing is heard of the host any more. */
        private Sharing unheard() {
            return new Sharing(
                    Cause.UNKNOWN,
                    0,
                    inputIdleMillis,
                    cores,
                    ownerCpu,
                    guestCpu,
                    held,
                    architecture,
                    pool,
                    policy,
                    ownerPlayed,
                    guestLimits,
                    notice);
        }
    }

    /**
     * What a host's cluster asks of it, whoever its owner is.
     *
     * @param leaving the processes of those guests whose pods are to go: evicted, preempted, or deleted
     * @param cordoned whether nothing new is to come
     */
    public record Notice(Set<String> leaving, boolean cordoned) {
        public static final Notice NONE = new Notice(Set.of(), false);

        public Notice {
            leaving = Set.copyOf(leaving);
        }
    }

    public Availability {
        Names.label("host", host);
        cpuFeatures = Set.copyOf(cpuFeatures);
    }

    /** The same host, with another word on its sharing. */
    public Availability with(Sharing said) {
        return new Availability(
                host,
                state,
                why,
                since,
                at,
                address,
                agentPort,
                originPort,
                root,
                freeCpu,
                freeMemory,
                cpuFeatures,
                kernel,
                guests,
                said);
    }

    /** Whether nothing has been heard of it for too long. */
    public boolean isSilent(Instant now) {
        return Duration.between(at, now).toSeconds() > STALE_SECONDS;
    }

    /** One that is silent is not available, whatever it said last. */
    public Availability asItCounts(Instant now) {
        if (!isSilent(now)) return this;
        return new Availability(
                host,
                State.UNAVAILABLE,
                "not heard of since " + at,
                at,
                at,
                address,
                agentPort,
                originPort,
                root,
                freeCpu,
                freeMemory,
                cpuFeatures,
                kernel,
                guests,
                sharing.unheard());
    }
}

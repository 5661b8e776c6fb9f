package dev.tomte.contracts;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;
import java.time.Instant;
import java.util.Set;

/**
 * What is said of a host on {@link Topics#AVAILABILITY}.
 *
 * @param address where its agent and origin are reached by other hosts
 * @param root the directory on this machine that is the host's root file system; empty where there is none to see
 * @param why the state in words
 * @param since when the state began
 * @param at when this was said; a host not heard of for {@link #STALE_SECONDS} is unavailable
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
        int guests) {
    /** Three times the interval at which it is said again. */
    public static final int STALE_SECONDS = 9;

    public enum State {
        AVAILABLE,
        UNAVAILABLE,
        @JsonEnumDefaultValue
        UNKNOWN
    }

    public Availability {
        Names.label("host", host);
        cpuFeatures = Set.copyOf(cpuFeatures);
    }
}

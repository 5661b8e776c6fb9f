package dev.tomte.acceptance;

import java.util.Map;

/** Settings of hosts under test. */
public final class HostSettings {
    /** Whatever else this machine does, builds and other tests, no host is busy for it, and no guest leaves. */
    public static final Map<String, String> CALM = Map.of(
            "tomte.idle.load-quiet", "1000",
            "tomte.idle.load-busy", "1000",
            "tomte.idle.cpu-stall-quiet", "100%",
            "tomte.idle.cpu-stall-busy", "100%",
            "tomte.idle.memory-stall-quiet", "100%",
            "tomte.idle.memory-stall-busy", "100%",
            "tomte.idle.memory-quiet", "64MiB",
            "tomte.idle.memory-busy", "32MiB");

    private HostSettings() {}
}

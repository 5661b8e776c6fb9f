package dev.tomte.idle.signal;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/**
 * Reads: /run/systemd/inhibit. How often: every 3 s. Why: a program that forbids idling shows a film or holds a call, and
 * its owner sits there without touching anything. Inhibitors of sleep or of the lid switch alone do not count: services
 * hold those for ever. Whose program it is, and what for, stays here.
 */
public final class LogindInhibitors implements Signal<Presence> {
    private final LogindFiles files;
    private Presence last;

    /** @param now when the watch begins */
    public LogindInhibitors(Path directory, long now) {
        this.files = new LogindFiles(directory);
        this.last = new Presence(Presence.Kind.WATCHED, "film or call", now);
    }

    @Override
    public Duration every() {
        return Duration.ofSeconds(3);
    }

    @Override
    public Reading<Presence> read(long now) {
        Optional<Map<String, Map<String, String>>> inhibitors;
        try {
            inhibitors = files.read();
        } catch (IOException e) {
            return new Reading.Unknown<>("the inhibitors cannot be read");
        }
        if (inhibitors.isEmpty()) return new Reading.Absent<>("there is no logind here");
        boolean watching = inhibitors.get().values().stream().anyMatch(LogindInhibitors::forbidsIdling);
        if (watching) last = new Presence(Presence.Kind.LASTING, "a film or call keeps the session awake", now);
        else if (last.kind() == Presence.Kind.LASTING)
            last = new Presence(Presence.Kind.USED, "film or call", last.at());
        return new Reading.Known<>(last, now);
    }

    private static boolean forbidsIdling(Map<String, String> inhibitor) {
        return inhibitor.getOrDefault("MODE", "block").startsWith("block")
                && Arrays.asList(inhibitor.getOrDefault("WHAT", "").split(":", -1))
                        .contains("idle");
    }
}

package dev.tomte.idle.signal;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Reads: /run/systemd/sessions. How often: every 3 s. Why: a login, or a session that comes to the front, is its owner's
 * doing even where no device that we can read was touched. A session that merely stays is not: people go home without
 * logging out. Greeters, lock screens and background sessions are no users'.
 */
public final class LogindSessions implements Signal<Presence> {
    private final LogindFiles files;
    private Presence last;
    private Optional<Set<String>> active = Optional.empty();

    /** @param now when the watch begins */
    public LogindSessions(Path directory, long now) {
        this.files = new LogindFiles(directory);
        this.last = new Presence(Presence.Kind.WATCHED, "login", now);
    }

    @Override
    public Duration every() {
        return Duration.ofSeconds(3);
    }

    @Override
    public Reading<Presence> read(long now) {
        Optional<Map<String, Map<String, String>>> sessions;
        try {
            sessions = files.read();
        } catch (IOException e) {
            return new Reading.Unknown<>("the login sessions cannot be read");
        }
        if (sessions.isEmpty()) return new Reading.Absent<>("there is no logind here");
        Set<String> found = sessions.get().entrySet().stream()
                .filter(session ->
                        session.getValue().getOrDefault("CLASS", "user").startsWith("user"))
                .filter(session -> "1".equals(session.getValue().get("ACTIVE")))
                .map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet());
        if (active.isPresent() && !active.get().containsAll(found))
            last = new Presence(Presence.Kind.USED, "login", now);
        active = Optional.of(found);
        return new Reading.Known<>(last, now);
    }
}

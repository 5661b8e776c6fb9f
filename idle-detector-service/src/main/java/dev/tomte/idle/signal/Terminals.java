package dev.tomte.idle.signal;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Reads: the last access of every terminal (/dev/pts/N, /dev/ttyN), which the kernel renews when a program reads what
 * was typed there, rounded to 8 s so that it does not betray the typing. How often: every 2 s. Why: it shows an owner
 * who comes in over ssh, without an input device. Only that the time has changed counts, never the time of day it says.
 *
 * <p>utmp is not read: it would only say which terminals have a login, and newer distributions no longer write it.
 */
public final class Terminals implements Signal<Presence> {
    private static final Pattern NAME = Pattern.compile("(tty)?[0-9]{1,9}");

    private final List<Path> directories;
    private final Map<Path, FileTime> seen = new HashMap<>();
    private Presence last;
    private boolean first = true;

    /** @param now when the watch begins */
    public Terminals(List<Path> directories, long now) {
        this.directories = List.copyOf(directories);
        this.last = new Presence(Presence.Kind.WATCHED, "terminal", now);
    }

    @Override
    public Duration every() {
        return Duration.ofSeconds(2);
    }

    @Override
    public Reading<Presence> read(long now) {
        Map<Path, FileTime> found = new HashMap<>();
        boolean any = false;
        try {
            for (Path directory : directories) any |= list(directory, found);
        } catch (IOException e) {
            return new Reading.Unknown<>("the terminals' last use cannot be read");
        }
        if (!any) return new Reading.Absent<>("there are no terminals here");
        for (Map.Entry<Path, FileTime> terminal : found.entrySet())
            if (!first && !terminal.getValue().equals(seen.get(terminal.getKey())))
                last = new Presence(Presence.Kind.USED, "terminal", now);
        seen.clear();
        seen.putAll(found);
        first = false;
        return new Reading.Known<>(last, now);
    }

    /** Whether the directory is there. */
    private static boolean list(Path directory, Map<Path, FileTime> found) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(
                directory, entry -> NAME.matcher(entry.getFileName().toString()).matches())) {
            for (Path entry : entries) {
                try {
                    found.put(entry, (FileTime) Files.getAttribute(entry, "lastAccessTime", LinkOption.NOFOLLOW_LINKS));
                } catch (NoSuchFileException e) {
                    // closed just now
                }
            }
            return true;
        } catch (NoSuchFileException e) {
            return false;
        }
    }
}

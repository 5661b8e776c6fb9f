package dev.tomte.idle.signal;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Reads: usage_usec in cpu.stat of the host's v2 cgroup and of each guest's. How often: every second, averaged over
 * five. Why: what the host uses less what its guests use is what its owner uses; /proc/loadavg and /proc/stat cannot
 * tell the two apart, and in a fleet belong to the machine.
 *
 * <p>A guest whose cgroup has gone since the last reading is taken to have gone on as before until now: its last
 * milliseconds are in the host's sum but can no longer be asked for, and must not pass for the owner's.
 */
public final class OwnerCpu implements Signal<OwnerLoad> {
    private static final Duration WINDOW = Duration.ofSeconds(5);

    private final Path host;
    private final Supplier<? extends Collection<Path>> guests;
    private final Deque<Sample> samples = new ArrayDeque<>();
    private final Map<Path, Guest> known = new HashMap<>();

    /** Counters in microseconds; {@code owner} and {@code guests} are sums since the watch began. */
    private record Sample(long at, long host, double owner, double guests) {}

    /**
     * @param usage microseconds in all
     * @param rate microseconds per nanosecond, lately
     */
    private record Guest(long usage, double rate) {}

    /**
     * @param host the host's cgroup: the hierarchy's root, or in a fleet the host's own
     * @param guests the cgroups of the guests on it now, below that; asked at every reading
     */
    public OwnerCpu(Path host, Supplier<? extends Collection<Path>> guests) {
        this.host = host;
        this.guests = guests;
    }

    @Override
    public Duration every() {
        return Duration.ofSeconds(1);
    }

    @Override
    public Reading<OwnerLoad> read(long now) {
        long usage;
        Map<Path, Long> found = new HashMap<>();
        try {
            // guests first: what they use in between then counts as the owner's, never the other way round
            // once a guest, always a guest: a cgroup leaves the agent's list before its last tasks have ended
            Set<Path> foreign = new HashSet<>(known.keySet());
            foreign.addAll(guests.get());
            for (Path guest : foreign) {
                try {
                    found.put(guest, usage(guest));
                } catch (NoSuchFileException e) {
                    // gone: see above
                }
            }
            usage = usage(host);
        } catch (NoSuchFileException e) {
            samples.clear();
            return new Reading.Unknown<>("the host's cgroup is not there");
        } catch (IOException e) {
            samples.clear();
            return new Reading.Unknown<>("processor use cannot be read");
        }
        Sample before = samples.peekLast();
        if (before != null && now - before.at() <= 0) return average(now);
        if (before == null || usage < before.host()) {
            samples.clear();
            samples.add(new Sample(now, usage, 0, 0));
            remember(found, 0);
            return new Reading.Unknown<>("processor use has not been measured yet");
        }
        long passed = now - before.at();
        double theirs = Math.min((double) (usage - before.host()), used(found, passed));
        remember(found, passed);
        samples.add(
                new Sample(now, usage, before.owner() + (usage - before.host() - theirs), before.guests() + theirs));
        while (samples.size() > 2 && now - second().at() >= WINDOW.toNanos()) samples.removeFirst();
        return average(now);
    }

    private Sample second() {
        return samples.stream().skip(1).findFirst().orElseThrow();
    }

    private Reading<OwnerLoad> average(long now) {
        Sample first = samples.getFirst();
        Sample last = samples.getLast();
        if (samples.size() < 2) return new Reading.Unknown<>("processor use has not been measured yet");
        double micros = (last.at() - first.at()) / 1e3;
        return new Reading.Known<>(
                new OwnerLoad((last.owner() - first.owner()) / micros, (last.guests() - first.guests()) / micros), now);
    }

    /** Microseconds that the guests used since the reading before. */
    private double used(Map<Path, Long> found, long passed) {
        double sum = 0;
        for (Map.Entry<Path, Long> guest : found.entrySet())
            sum += Math.max(
                    0,
                    guest.getValue()
                            - known.getOrDefault(guest.getKey(), new Guest(0, 0))
                                    .usage());
        for (Map.Entry<Path, Guest> guest : known.entrySet())
            if (!found.containsKey(guest.getKey())) sum += guest.getValue().rate() * passed;
        return sum;
    }

    private void remember(Map<Path, Long> found, long passed) {
        Map<Path, Guest> next = new HashMap<>();
        found.forEach((path, usage) -> {
            long before = known.getOrDefault(path, new Guest(0, 0)).usage();
            next.put(path, new Guest(usage, passed == 0 ? 0 : Math.max(0, usage - before) / (double) passed));
        });
        known.clear();
        known.putAll(next);
    }

    private static long usage(Path cgroup) throws IOException {
        Path file = cgroup.resolve("cpu.stat");
        return SmallFile.number(file, SmallFile.pairs(file, ' '), "usage_usec");
    }
}

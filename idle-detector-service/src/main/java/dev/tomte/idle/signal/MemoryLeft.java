package dev.tomte.idle.signal;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * Reads: MemAvailable in /proc/meminfo, and where the host's cgroup has a limit, what is left of memory.max after
 * memory.current; the less of them, or a fixed number from the configuration. How often: every 2 s. Why: a guest that
 * pushes its host into swap hurts the owner even where processors are idle.
 */
public final class MemoryLeft implements Signal<Long> {
    private final Path meminfo;
    private final Path host;
    private final OptionalLong fixed;

    /**
     * @param meminfo /proc/meminfo
     * @param host the host's cgroup
     * @param fixed bytes; where present nothing is read: hosts that share a kernel cannot tell their memory apart
     */
    public MemoryLeft(Path meminfo, Path host, OptionalLong fixed) {
        this.meminfo = meminfo;
        this.host = host;
        this.fixed = fixed;
    }

    @Override
    public Duration every() {
        return Duration.ofSeconds(2);
    }

    @Override
    public Reading<Long> read(long now) {
        try {
            long left = fixed.isPresent()
                    ? fixed.getAsLong()
                    : SmallFile.number(meminfo, SmallFile.pairs(meminfo, ':'), "MemAvailable") * 1024;
            return new Reading.Known<>(Math.min(left, belowLimit()), now);
        } catch (IOException | NumberFormatException e) {
            return new Reading.Unknown<>("the memory left cannot be read");
        }
    }

    private long belowLimit() throws IOException {
        try {
            String max = SmallFile.text(host.resolve("memory.max")).strip();
            if (max.equals("max")) return Long.MAX_VALUE;
            long current = Long.parseLong(
                    SmallFile.text(host.resolve("memory.current")).strip());
            return Math.max(0, Long.parseLong(max) - current);
        } catch (NoSuchFileException e) {
            return Long.MAX_VALUE;
        }
    }
}

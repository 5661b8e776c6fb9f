package dev.tomte.agent.pod;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a pod gets of the processors while others want them too. It never fails: who has no lower weight runs all the same.
 *
 * @param cgroup with the files of the cpu controller, v1 or v2; null: there is no such controller
 */
public record CpuShare(@Nullable Path cgroup) {
    private static final Logger LOG = LoggerFactory.getLogger(CpuShare.class);

    /** Only what others leave: a weight of 3 beside their 1024, and it gives way to whoever wakes (SCHED_IDLE). */
    public void lowest() {
        if (!write("cpu.idle", "1") && !write("cpu.weight", "1")) write("cpu.shares", "2");
    }

    /** As much as anybody. */
    public void normal() {
        if (!write("cpu.idle", "0") && !write("cpu.weight", "100")) write("cpu.shares", "1024");
    }

    private boolean write(String file, String value) {
        if (cgroup == null) return true;
        try {
            Files.writeString(cgroup.resolve(file), value, StandardOpenOption.WRITE);
            return true;
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            LOG.warn("{} cannot be set to {}: {}", cgroup.resolve(file), value, e.getMessage());
            return true;
        }
    }
}

package dev.tomte.home.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A move asks before it freezes, while processes end as they like. */
@Timeout(60)
class SharedMappingsTest {
    /** So many that of some the kernel is asked to open what it then cannot read. */
    private static final int PROCESSES = 100;

    private static final int NO_MOUNT = 0xffff;

    @Test
    void whoEndsMeanwhileHasNothingMapped() throws Exception {
        for (int i = 0; i < PROCESSES; i++) {
            Process process = new ProcessBuilder("true").start();
            List<Integer> pids = List.of((int) process.pid());
            while (process.isAlive()) assertEquals(0, SharedMappings.writeOut(pids, NO_MOUNT));
        }
    }
}

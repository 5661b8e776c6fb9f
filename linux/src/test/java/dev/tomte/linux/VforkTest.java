package dev.tomte.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Shells that do nothing but start programs, more than there are CPUs: many are caught in the middle of vfork(2). */
@Timeout(60)
final class VforkTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int SHELLS = 6;
    private static final int FREEZES = 150;
    private static final int FEWEST = 10;

    @Test
    void whatDoesNotWaitStands() throws Exception {
        Cgroup cgroup = new Cgroup(Cgroup.mount()
                        .resolve("tomte-vfork-" + ProcessHandle.current().pid()))
                .create();
        try {
            for (int i = 0; i < SHELLS; i++)
                cgroup.add((int) new ProcessBuilder("sh", "-c", "while :; do /bin/true; done")
                        .start()
                        .pid());
            int waited = 0;
            int stood = 0;
            // of either kind some must be seen, or nothing has been tested: chance alone does not see to that
            while (waited + stood < FREEZES || waited == 0 || stood < FEWEST) {
                cgroup.freeze();
                assertTrue(cgroup.awaitFrozen(true, PATIENCE));
                if (waits(cgroup)) {
                    waited++;
                } else {
                    assertEquals(List.of(), restless(cgroup));
                    stood++;
                }
                cgroup.thaw();
                Thread.sleep(1);
            }
        } finally {
            cgroup.remove(PATIENCE);
        }
    }

    private static boolean waits(Cgroup cgroup) throws IOException {
        for (int pid : cgroup.processes()) if (Vfork.waits(pid)) return true;
        return false;
    }

    /** The processes that may do something yet, and their states. */
    private static List<String> restless(Cgroup cgroup) throws IOException {
        List<String> all = new ArrayList<>();
        for (int pid : cgroup.processes()) {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            char state = stat.charAt(stat.lastIndexOf(')') + 2);
            if (state != 'S') all.add(pid + " " + state);
        }
        return all;
    }
}

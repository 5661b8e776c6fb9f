package dev.tomte.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class CgroupTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private Cgroup cgroup = new Cgroup(java.nio.file.Path.of("/"));
    private List<Process> started = List.of();

    @BeforeEach
    void make() throws IOException {
        cgroup = new Cgroup(
                Cgroup.mount().resolve("tomte-test-" + ProcessHandle.current().pid()));
        cgroup.child("inner").create();
        started = List.of(new ProcessBuilder("sleep", "60").start());
    }

    @AfterEach
    void remove() throws IOException {
        for (Process one : started) one.destroyForcibly();
        cgroup.remove(PATIENCE);
    }

    @Test
    void freezesCountsAndKills() throws Exception {
        Cgroup inner = cgroup.child("inner");
        Process sleep = started.getFirst();
        int pid = (int) sleep.pid();
        inner.add(pid);
        assertEquals(List.of(pid), inner.processes());
        assertTrue(cgroup.isPopulated());
        assertEquals("/" + cgroup.directory().getFileName() + "/inner", inner.path());

        inner.freeze();
        assertTrue(inner.awaitFrozen(true, PATIENCE));
        assertTrue(inner.isFreezing());
        inner.thaw();
        assertTrue(inner.awaitFrozen(false, PATIENCE));
        inner.freeze();
        assertTrue(inner.cpuMicros() >= 0);

        cgroup.kill();
        assertEquals(137, sleep.waitFor());
        assertTrue(cgroup.awaitEmpty(PATIENCE));
    }

    @Test
    void removesWithWhatIsLeft() throws Exception {
        cgroup.child("inner").add((int) started.getFirst().pid());
        cgroup.remove(PATIENCE);
        assertFalse(cgroup.exists());
        cgroup.remove(PATIENCE);
    }

    @Test
    void procTellsAProcessFromALaterOne() throws Exception {
        Process sleep = started.getFirst();
        ProcFs proc = new ProcFs((int) sleep.pid());
        assertTrue(proc.startTime().isPresent());
        assertTrue(proc.descriptors().contains(1));
        assertEquals("sleep", proc.name().orElse(""));
        assertTrue(new ProcFs((int) ProcessHandle.current().pid()).children().contains((int) sleep.pid()));
        assertEquals((int) sleep.pid(), proc.innermostPid().orElse(0));
        assertEquals("0", proc.status("TracerPid").orElse(""));
        assertTrue(proc.ownBytes() > 0);
        sleep.destroyForcibly().waitFor();
        assertTrue(proc.startTime().isEmpty());
        assertTrue(proc.descriptors().isEmpty());
        assertTrue(proc.link("exe").isEmpty());
        assertEquals(0, proc.ownBytes());
        assertTrue(ProcFs.availableMemory() > 0);
        assertFalse(ProcFs.cpuFeatures().isEmpty());
    }
}

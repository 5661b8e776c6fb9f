package dev.tomte.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.agent.pod.PodRecord;
import dev.tomte.agent.process.Residents.Resident;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.ProcessStatus.State;
import dev.tomte.contracts.Request.Launch;
import dev.tomte.linux.ProcFs;
import dev.tomte.stub.StubKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResidentsTest {
    private static final Instant NOW = Instant.parse("2026-11-30T12:00:00Z");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path disk;

    private static PodRecord home(int stubPid, long stubStart) {
        Launch launch = new Launch(
                "sim", "lab", List.of("simulate"), Map.of("TOKEN", "s3cret"), "/", 1000, true, Launch.Begins.HOME);
        return new PodRecord("h-1", StubKind.HOME, "p-1", "h-1", launch, stubPid, stubStart, false, NOW);
    }

    private static ProcessStatus status() {
        return new ProcessStatus(
                "p-1",
                "sim",
                "lab",
                "ws1",
                "ws1",
                "h-1",
                1,
                State.RUNNING,
                1000,
                List.of("simulate"),
                "/",
                NOW,
                NOW,
                null,
                0,
                0,
                0,
                true,
                "");
    }

    @Test
    void whoHasItsHomeHereIsFoundAgainButNotItsEnvironment() throws IOException {
        int pid = (int) ProcessHandle.current().pid();
        long start = new ProcFs(pid).startTime().orElseThrow();
        Residents residents = new Residents(disk.resolve("residents"));
        residents.remember(status(), home(pid, start));
        assertEquals(List.of(new Resident(status(), pid, start)), new Residents(disk.resolve("residents")).all());
        assertFalse(Files.readString(disk.resolve("residents/p-1.json")).contains("s3cret"));
        residents.forget("p-1");
        assertEquals(List.of(), residents.all());
    }

    @Test
    void aStubThatIsAnotherIsNotAlive() {
        int pid = (int) ProcessHandle.current().pid();
        long start = new ProcFs(pid).startTime().orElseThrow();
        assertTrue(new Resident(status(), pid, start).isAlive());
        assertFalse(new Resident(status(), pid, start + 1).isAlive());
    }

    @Test
    void whatCannotBeReadIsLeftOut() throws IOException {
        Residents residents = new Residents(disk);
        Files.writeString(disk.resolve("p-2.json"), "half a rec");
        Files.writeString(disk.resolve("p-3.json"), "{}");
        residents.remember(status(), home(1, 1));
        assertEquals(1, residents.all().size());
    }
}

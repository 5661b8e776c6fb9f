package dev.tomte.agent.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.agent.preflight.Preflight.Verdict;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PreflightTest {
    @ParameterizedTest
    @CsvSource({
        "6.9.0, RUN",
        "6.12.117+deb13-amd64, RUN",
        "6.18.5-cloud-amd64, RUN",
        "7.0, RUN",
        "6.8.0-51-generic, IMPOSSIBLE",
        "5.15.0-1, IMPOSSIBLE",
        "strange, NOT_RUN"
    })
    void theKernelMustBeNewEnough(String release, Verdict verdict) {
        assertEquals(verdict, Preflight.kernel(release).verdict());
    }

    @Test
    void whatIsMissingIsImpossible() throws IOException {
        Path nothing = Path.of("/nonexistent/criu");
        assertEquals(Verdict.IMPOSSIBLE, Preflight.criu(nothing).verdict());
        assertEquals(Verdict.IMPOSSIBLE, Preflight.criu(Path.of("/bin/false")).verdict());
        assertEquals(Verdict.IMPOSSIBLE, Preflight.fuse(nothing).verdict());
        assertFalse(new Preflight(List.of(Preflight.fuse(nothing))).isPassed());
    }

    @Test
    void whatIsNotLookedAtStandsInNobodysWay() throws IOException {
        Preflight here = new Preflight(
                List.of(Preflight.kernel("6.18"), new Preflight.Finding("userfaultfd", Verdict.NOT_RUN, "not used")));
        assertTrue(here.isPassed());
        assertEquals("kernel: run (6.18); userfaultfd: not run (not used)", here.toString());
    }
}

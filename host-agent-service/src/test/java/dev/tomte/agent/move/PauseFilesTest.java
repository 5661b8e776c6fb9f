package dev.tomte.agent.move;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PauseFilesTest {
    @TempDir
    Path directory;

    private int slept;

    /** Time in which somebody takes the switches away at the third look. */
    private final Pause pause = new Pause() {
        @Override
        public Instant now() {
            return Instant.EPOCH;
        }

        @Override
        public long micros() {
            return 0;
        }

        @Override
        public void sleep(Duration duration) {
            assertTrue(Files.exists(directory.resolve("paused-source-FROZEN")));
            if (++slept < 3) return;
            try {
                Files.deleteIfExists(directory.resolve("pause-source-FROZEN"));
                Files.deleteIfExists(directory.resolve("pause-FROZEN"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    };

    @Test
    void goesOnWhereNothingIsSwitchedOn() throws IOException {
        PauseFiles points = new PauseFiles(directory, "target-FROZEN", pause);
        points.reached("source-FROZEN", "p-one");
        points.reached("target-RESTORED", "p-one");
        assertEquals(0, slept);
    }

    @Test
    void standsUntilTheSwitchIsGone() throws IOException {
        PauseFiles points = new PauseFiles(directory, "", pause);
        Files.createFile(directory.resolve("pause-source-FROZEN"));
        points.reached("source-FROZEN", "p-one");
        assertEquals(3, slept);
        assertFalse(Files.exists(directory.resolve("paused-source-FROZEN")));
    }

    @Test
    void oneProcessStandsAlone() throws IOException {
        PauseFiles points = new PauseFiles(directory, "", pause);
        Files.createFile(directory.resolve("pause-source-FROZEN@p-other"));
        points.reached("source-FROZEN", "p-one");
        assertEquals(0, slept);
    }

    @Test
    void theEnvironmentSwitchesBothSidesOn() throws IOException {
        PauseFiles points = new PauseFiles(directory, "FROZEN, RESTORED", pause);
        assertTrue(Files.exists(directory.resolve("pause-RESTORED")));
        points.reached("source-FROZEN", "p-one");
        assertEquals(3, slept);
    }

    @Test
    void aNameThatIsNoFailPointIsAnError() {
        assertThrows(IllegalArgumentException.class, () -> new PauseFiles(directory, "FROZE", pause));
    }
}

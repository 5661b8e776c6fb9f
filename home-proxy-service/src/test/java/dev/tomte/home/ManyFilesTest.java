package dev.tomte.home;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tomte.home.mount.GuestMount;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A guest may walk through more files than home remembers for it. */
@Timeout(120)
class ManyFilesTest {
    private static final int KNOWN = 1000;

    @TempDir
    Path directory;

    @Test
    void theGuestForgetsWhatItDoesNotUse() throws Exception {
        try (HomeFixture fixture = new HomeFixture(directory)) {
            int port = fixture.origin.port();
            fixture.origin.close();
            fixture.origin = fixture.startOrigin(port, KNOWN);
            try (GuestMount mount = fixture.mount()) {
                Pod.output(
                        fixture.home.run(
                                "sh",
                                "-ec",
                                "cd /home/tomte; for d in $(seq 40); do mkdir d$d d$d/e; seq -f d$d/%g 150 | xargs touch; done"));
                Process held = fixture.guest.runIn(
                        mount.namespace(),
                        "sh",
                        "-ec",
                        "cd /home/tomte/d1/e; exec 3>>../kept; echo ready; read go; echo x >&3; pwd; cat ../kept");
                assertEquals('r', held.getInputStream().read());
                // each of them three times the number of files that home knows; listed, and found by name
                for (int i = 0; i < 3; i++)
                    assertEquals(
                            "6081\n6080\n",
                            Pod.output(fixture.guest.runIn(
                                    mount.namespace(),
                                    "sh",
                                    "-ec",
                                    "cd /home/tomte; find . -mindepth 1 | wc -l;"
                                            + " find . -mindepth 1 ! -name kept | xargs stat -c %h 2>&1 | wc -l")));
                held.getOutputStream().write('\n');
                held.getOutputStream().close();
                assertEquals("eady\n/home/tomte/d1/e\nx\n", Pod.output(held));
            }
        }
    }
}

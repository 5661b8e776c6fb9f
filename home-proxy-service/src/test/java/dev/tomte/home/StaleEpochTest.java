package dev.tomte.home;

import static dev.tomte.home.RawGuest.body;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.home.frames.Fuse;
import dev.tomte.home.mount.GuestMount;
import dev.tomte.home.mount.StaleSessionException;
import dev.tomte.linux.Errno;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The decision of the register closes the loser's sessions, and no other. */
@Timeout(60)
class StaleEpochTest {
    @TempDir
    Path directory;

    HomeFixture fixture;

    @BeforeEach
    void start() throws Exception {
        fixture = new HomeFixture(directory);
    }

    @AfterEach
    void stop() throws Exception {
        fixture.close();
    }

    private RawGuest raw(String host, long epoch, String mount) throws IOException {
        return RawGuest.connect(fixture.tls(host), fixture.origin.port(), epoch, mount);
    }

    private static int create(RawGuest guest, String name) throws IOException {
        long tmp = guest.call(Fuse.LOOKUP, 1, body("tmp")).payload().getLong(0);
        return guest.call(Fuse.CREATE, tmp, body(2, 0644, 0, 0, name)).errno();
    }

    @Test
    void theLoserOfACommitIsStale() throws IOException {
        try (RawGuest source = raw(HomeFixture.HOLDER, 1, "0000000000000001")) {
            assertEquals(0, create(source, "before"));
            assertThrows(IOException.class, () -> raw("ws3", 2, "0000000000000002"));
            fixture.nextEpoch = 2;
            try (RawGuest target = raw("ws3", 2, "0000000000000002")) {
                assertEquals(0, create(target, "restore"));
                fixture.epoch = 2;
                fixture.holder = "ws3";
                fixture.origin.decided(HomeFixture.PROCESS, HomeFixture.INCARNATION, 2, "ws3");
                assertEquals(
                        Errno.ESTALE,
                        source.call(Fuse.GETATTR, 1, body(0, 0, 0L)).errno());
                assertEquals(
                        Errno.ESTALE, source.call(Fuse.LOOKUP, 1, body("tmp")).errno());
                assertEquals(0, create(target, "after"));
                assertThrows(IOException.class, () -> raw(HomeFixture.HOLDER, 1, "0000000000000001"));
                assertThrows(IOException.class, () -> raw(HomeFixture.HOLDER, 2, "0000000000000003"));
                fixture.origin.ended(HomeFixture.PROCESS, HomeFixture.INCARNATION);
            }
        }
        assertEquals(List.of(), fixture.homeKeeper.keys("home/"));
    }

    @Test
    void theLoserOfARollbackIsStaleAndTheSourceGoesOn() throws IOException {
        try (GuestMount mount = fixture.mount()) {
            fixture.nextEpoch = 2;
            try (RawGuest target = raw("ws3", 2, "0000000000000002")) {
                assertEquals(0, create(target, "restore"));
                fixture.epoch = 2;
                fixture.origin.decided(HomeFixture.PROCESS, HomeFixture.INCARNATION, 2, HomeFixture.HOLDER);
                assertEquals(
                        Errno.ESTALE,
                        target.call(Fuse.GETATTR, 1, body(0, 0, 0L)).errno());
            }
            mount.epoch(2);
            assertEquals(
                    "x\n",
                    Pod.output(fixture.guest.runIn(mount.namespace(), "sh", "-c", "echo x > /tmp/x; cat /tmp/x")));
            int port = fixture.origin.port();
            fixture.origin.close();
            fixture.origin = fixture.startOrigin(port);
            assertEquals("x\n", Pod.output(fixture.guest.runIn(mount.namespace(), "cat", "/tmp/x")));
        }
    }

    @Test
    void aStaleMountIsRefusedAndLeavesNothing() throws IOException {
        fixture.epoch = 5;
        assertThrows(StaleSessionException.class, () -> GuestMount.open(fixture.config(4), HomeFixture.SOON));
        assertEquals(List.of(), fixture.guestKeeper.keys(""));
    }

    @Test
    void nothingThatALoserWritesArrives() throws IOException {
        try (GuestMount mount = fixture.mount()) {
            Process reader = fixture.guest.runIn(
                    mount.namespace(), "sh", "-c", "exec 3>/tmp/f; echo ok; read x; echo late >&3 || echo failed");
            assertEquals('o', reader.getInputStream().read());
            fixture.epoch = 2;
            fixture.holder = "ws1";
            fixture.origin.decided(HomeFixture.PROCESS, HomeFixture.INCARNATION, 2, "ws1");
            reader.getOutputStream().write('\n');
            reader.getOutputStream().close();
            String text = Pod.output(reader);
            assertTrue(text.endsWith("failed\n"), text);
        }
        assertEquals("", Pod.output(fixture.home.run("cat", "/tmp/f")));
    }
}

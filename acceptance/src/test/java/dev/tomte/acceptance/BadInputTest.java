package dev.tomte.acceptance;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.authority.Authority;
import dev.tomte.contracts.Identity;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.Peer;
import dev.tomte.contracts.rest.MigrationResource;
import dev.tomte.contracts.rest.RunOrder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What cannot be done is refused with a message that names the thing, and nothing is lost by having tried. */
@Order(4)
@Timeout(value = 240, unit = TimeUnit.SECONDS)
class BadInputTest implements RefusalsScenario {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final int NOT_FOUND = 404;
    private static final int CONFLICT = 409;
    private static final int BAD_REQUEST = 400;
    private static final int FORBIDDEN = 403;

    private final Fleet fleet = Fleet.up();
    private final Stage stage = new FleetStage(fleet);

    @Override
    public Stage stage() {
        return stage;
    }

    private static void refused(int status, Rest.Answer answer, String... words) {
        assertEquals(status, answer.status(), answer.text());
        for (String word : words)
            assertTrue(answer.detail().toLowerCase(Locale.ROOT).contains(word), answer.text());
    }

    private Rest.Answer run(String name, String home, String... command) {
        return fleet.rest().post("/processes", new RunOrder(name, home, List.of(command), Map.of(), null, null));
    }

    @Test
    void unknownHostsAndProcesses() {
        refused(NOT_FOUND, fleet.rest().get("/processes/nobody"), "nobody");
        refused(NOT_FOUND, run("stray", "ws9", "true"), "ws9");
        try (Guest guest = Guest.counter(fleet, "ws1", "stranded")) {
            refused(NOT_FOUND, guest.askToMigrate("ws9"), "ws9");
        }
        Shell.Result mig = Fleet.mig("migrate", "nobody", "ws2").expect(1);
        assertTrue(mig.err().contains("nobody"), mig.err());
        Fleet.mig("migrate", "nobody").expect(2);
        Fleet.mig("fly").expect(2);
    }

    @Test
    void namesThatAreNone() {
        refused(BAD_REQUEST, run("Not A Name", "ws1", "true"), "not a name");
        refused(BAD_REQUEST, run("empty", "ws1"), "no command");
        refused(
                BAD_REQUEST,
                fleet.rest()
                        .post("/processes", new RunOrder("cwd", "ws1", List.of("true"), Map.of(), "relative", null)),
                "relative");
    }

    @Test
    void oneThatHasEnded() {
        try (Guest guest = Guest.run(fleet, "ws1", "ended", "sh", "-c", "exit 3")) {
            assertEquals(3, guest.awaitExit());
            refused(CONFLICT, guest.askToMigrate("ws2"), "ended");
            refused(
                    CONFLICT,
                    fleet.rest().post("/processes/" + guest.id() + "/signal", Map.of("signal", "TERM")),
                    "ended");
        }
    }

    @Test
    void aCommandThatDoesNotExist() {
        try (Guest guest = Guest.run(fleet, "ws1", "absent", "no-such-command-here")) {
            assertEquals(127, guest.awaitExit());
        }
        try (Guest guest = Guest.run(fleet, "ws1", "directory", "/etc")) {
            assertEquals(126, guest.awaitExit());
        }
    }

    @Test
    void aNameThatIsTaken() {
        try (Guest guest = Guest.counter(fleet, "ws1", "taken")) {
            refused(CONFLICT, run("taken", "ws2", "true"), "taken");
            guest.finish();
        }
        // free again once its bearer has ended
        try (Guest guest = Guest.counter(fleet, "ws2", "taken")) {
            guest.finish();
        }
    }

    @Test
    void aSignalThatIsNone() {
        try (Guest guest = Guest.counter(fleet, "ws1", "deaf")) {
            refused(
                    BAD_REQUEST,
                    fleet.rest().post("/processes/" + guest.id() + "/signal", Map.of("signal", "SIGNOPE")),
                    "signope");
            guest.finish();
        }
    }

    /** A host that has little for guests takes a small one, and refuses a large one before it stands still. */
    @Test
    void aTargetWithoutMemoryOrWithoutAFeature() throws IOException {
        String large = """
                import time
                memory = bytearray(b"x" * (160 << 20))
                n = 0
                while True:
                    n += 1
                    print(n, flush=True)
                    time.sleep(0.02)
                """;
        try (Guest big = Guest.run(fleet, "ws1", "large", "/usr/bin/python3", "-c", large);
                Guest small = Guest.counter(fleet, "ws1", "small")) {
            big.progress(3);
            fleet.override("ws3", Map.of("tomte.memory", Long.toString(96L << 20)));
            cannotMove(big, "ws3", "ws3 has", "mib of memory free", big.id());
            small.migrate("ws3");
            small.migrate("home");
            fleet.override("ws3", Map.of("tomte.cpu.without", "sse4_2 avx"));
            cannotMove(small, "ws3", "ws3", "sse4_2");
            small.finish();
        } finally {
            fleet.override("ws3", Map.of());
        }
    }

    /** The process gets at home, and elsewhere, what a full disk says, and moves all the same. */
    @Test
    void aFullDiskAtHome() {
        // the disk is a pod's /tmp, which is small
        String script = """
                count() { n=$((n+1)); echo $n; sleep 0.02; }
                fill() { until cat /dev/zero 2>err >> /tmp/fill; do grep -q 'No space left' err && return; done; }
                n=0; stop=; trap 'stop=1' TERM
                fill
                while [ ! -e full.room ]; do count; done
                rm /tmp/fill
                fill
                while [ -z "$stop" ]; do echo x 2>/dev/null >> /tmp/full && echo "there is space"; count; done
                rm /tmp/fill; echo x > /tmp/again && cat /tmp/again > full.again && echo OK $n""";
        try (Guest guest = Guest.run(fleet, "ws1", "full", "sh", "-c", script)) {
            guest.progress(3);
            guest.migrate("ws2");
            guest.progress(3);
            fleet.install("ws1", "full.room", new byte[0]);
            guest.progress(10);
            guest.migrate("ws3");
            guest.migrate("home");
            guest.migrate("ws2");
            guest.progress(3);
            guest.finish();
        }
    }

    @Test
    void certificatesThatDoNotCount(@TempDir Path directory) throws IOException {
        Authority other = Authority.open(directory.resolve("other"));
        Authority own = Authority.open(Fleet.state().resolve("authority"));
        Peer mig = new Peer("mig", Peer.Role.MIG);
        List<String> names = List.of("mig");

        Identity foreign = new Identity(directory.resolve("foreign"));
        other.issue(foreign, mig, names, Duration.ofDays(1));
        // it trusts the fleet, but the fleet does not trust it
        java.nio.file.Files.copy(
                fleet.identity().authority(), foreign.authority(), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        Identity expired = new Identity(directory.resolve("expired"));
        own.issue(expired, mig, names, Duration.ofDays(-1));
        for (Identity identity : List.of(foreign, expired)) {
            Rest rest = new Rest(fleet.endpoints(), identity);
            assertThrows(AssertionError.class, () -> rest.get("/hosts"), identity::toString);
        }

        Identity broker = new Identity(directory.resolve("broker"));
        own.issue(broker, new Peer("broker", Peer.Role.BROKER), List.of("broker"), Duration.ofDays(1));
        assertEquals(
                FORBIDDEN, new Rest(fleet.endpoints(), broker).get("/hosts").status());

        Path connection = directory.resolve("client.properties");
        java.nio.file.Files.writeString(
                connection,
                "endpoints=%s%ncertificates=%s%n"
                        .formatted(fleet.endpoints().getFirst(), directory.resolve("missing")));
        Shell.Result missing =
                Fleet.mig("hosts", "--connection", connection.toString()).expect(1);
        assertTrue(missing.err().contains("missing"), missing.err());
    }

    @Test
    void aHomeThatIsAwayHarmsNothing() throws IOException {
        try (Guest guest = Guest.counter(fleet, "ws1", "stuck")) {
            guest.migrate("ws2");
            Fleet.tomte("crash", "ws1").expect(0);
            try {
                await("a move is refused or rolled back").atMost(LIMIT).until(() -> {
                    Rest.Answer answer = guest.askToMigrate("ws3");
                    return !answer.ok()
                            || guest.end(answer.as(MigrationResource.class).id(), Duration.ofSeconds(50))
                                            .state()
                                    != MoveState.SETTLED;
                });
            } finally {
                Fleet.tomte("start", "ws1").expect(0);
                fleet.awaitUp("ws1");
            }
            guest.progress(3);
            guest.finish();
        }
    }
}

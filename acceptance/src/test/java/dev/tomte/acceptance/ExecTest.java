package dev.tomte.acceptance;

import static java.util.Objects.requireNonNull;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Reason;
import dev.tomte.contracts.Request.Launch;
import dev.tomte.contracts.Request.Launch.Begins;
import dev.tomte.contracts.rest.MigrationResource;
import dev.tomte.contracts.rest.RunOrder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A command runs on an idle host as if at home, and its first line runs there. */
@Order(7)
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class ExecTest {
    /** Reads slowly until a file says that it may read fast. */
    private static final String DIGEST = """
            import hashlib, os, sys, time
            print("begun", flush=True)
            digest, count = hashlib.sha256(), 0
            while part := os.read(0, 16384):
                digest.update(part)
                count += len(part)
                if not os.path.exists("digest.go"): time.sleep(0.02)
            print(count, digest.hexdigest())
            """;

    private final Fleet fleet = Fleet.up();
    private final Owners owners = new Owners(fleet);

    @BeforeEach
    @AfterEach
    void everybodyIsAway() {
        owners.areAway();
    }

    private void onlyWs2IsIdle() {
        owners.is("ws1", true);
        owners.is("ws3", true);
        owners.awaitBusy("ws1", "ws3");
        owners.awaitIdle("ws2");
    }

    private ProcessStatus status(String process) {
        return fleet.rest().get("/processes/" + process).as(ProcessStatus.class);
    }

    private List<MigrationResource> moves(String process) {
        return List.of(fleet.rest().get("/migrations?process=" + process).as(MigrationResource[].class));
    }

    @Test
    void aCommandRunsOnTheIdleHostAsIfAtHome() throws IOException {
        onlyWs2IsIdle();
        Path file = fleet.home("ws1").resolve("exec/there");
        Files.deleteIfExists(file);
        fleet.install("ws1", "input", "from home\n".getBytes(StandardCharsets.UTF_8));
        Shell.Result result = Fleet.mig(
                "exec",
                "--home",
                "ws1",
                "--name",
                "as-if",
                "--cwd",
                "/home/tomte",
                "--env",
                "COLOUR=blue",
                "--",
                "sh",
                "-c",
                "cat input; mkdir -p exec; cd exec; pwd; echo $COLOUR $USER $(id -u); grep CapEff /proc/self/status;"
                        + " echo oops >&2; cat > there; ls; exit 7");
        assertEquals(7, result.status(), result.err());
        assertEquals(
                List.of("from home", "/home/tomte/exec", "blue tomte 1000", "CapEff:\t0000000000000000", "there"),
                result.out().lines().toList());
        assertEquals("oops\n", result.err());
        assertEquals(result, Fleet.mig("logs", "as-if").withStatus(7));
        assertEquals(0, Files.size(file));
        ProcessStatus end = status("as-if");
        assertEquals("ws2", end.holder());
        assertEquals(0, end.cpuHomeMicros());
        MigrationResource move = moves(end.process()).getFirst();
        assertEquals(MoveState.SETTLED, move.state());
        assertEquals(Reason.PLACEMENT, move.reason());
        assertTrue(move.why().startsWith("ws2 has been idle for"), move::why);
    }

    @Test
    void whatDoesNotExistEndsAsAShellSaysIt() {
        onlyWs2IsIdle();
        Shell.Result result = Fleet.mig("exec", "--home", "ws1", "--", "no-such-command");
        assertEquals(127, result.status());
        assertTrue(result.err().contains("no-such-command"), result::err);
        assertEquals("", result.out());
        assertEquals(
                126,
                Fleet.mig("exec", "--home", "ws1", "--cwd", "/nowhere", "--", "true")
                        .status());
    }

    @Test
    void itStartsWhereMigWasCalledIfThatIsAtHomeToo() throws Exception {
        onlyWs2IsIdle();
        // below /var, of which hosts see this machine's
        Path open = Files.createTempDirectory(Path.of("/var/tmp"), "tomte-open-");
        Path closed = Files.createTempDirectory(Path.of("/var/tmp"), "tomte-closed-");
        try {
            Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
            Shell.Result there = execIn(open);
            assertEquals(open + "\n", there.expect(0).out());
            assertEquals("", there.err());
            Shell.Result not = execIn(closed);
            assertEquals("/home/tomte\n", not.expect(0).out());
            assertEquals("mig: " + closed + " cannot be entered at ws1: it runs in /home/tomte\n", not.err());
        } finally {
            Files.delete(open);
            Files.delete(closed);
        }
    }

    private static Shell.Result execIn(Path directory) {
        String tomte = Path.of(requireNonNull(System.getProperty("tomte.source")), "tomte")
                .toString();
        return Shell.run(
                Duration.ofMinutes(1),
                Map.of("TOMTE_FLEET", Fleet.name()),
                List.of("env", "-C", directory.toString(), tomte, "mig", "exec", "--home", "ws1", "--", "pwd"));
    }

    @Test
    void whereNobodyIsIdleNothingIsRunUnlessItMayRunAtHome() {
        Fleet.HOSTS.forEach(host -> owners.is(host, true));
        owners.awaitBusy(Fleet.HOSTS.toArray(String[]::new));
        Shell.Result refused = Fleet.mig("exec", "--home", "ws1", "--name", "nowhere", "--", "true");
        assertEquals(75, refused.status());
        assertTrue(refused.err().contains("No host is idle"), refused::err);
        assertTrue(refused.err().contains("ws2: not idle: "), refused::err);
        assertEquals(404, fleet.rest().get("/processes/nowhere").status());

        Shell.Result local = Fleet.mig(
                "exec", "--home", "ws1", "--name", "local", "--local-if-busy", "--", "sh", "-c", "echo here; exit 3");
        assertEquals(3, local.status(), local.err());
        assertEquals("here\n", local.out());
        assertEquals("ws1", status("local").holder());
    }

    @Test
    void whatIsPipedToItIsReadWhereverItIs() throws Exception {
        onlyWs2IsIdle();
        byte[] bytes = new byte[12 << 20];
        new Random(7).nextBytes(bytes);
        Path input = Files.write(Files.createTempFile("tomte-input", ""), bytes);
        fleet.install("ws1", "digest.py", DIGEST.getBytes(StandardCharsets.UTF_8));
        Process mig = exec("reader", "/usr/bin/python3", "digest.py")
                .redirectInput(input.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (var out = mig.inputReader()) {
            assertEquals("begun", out.readLine());
            try (Guest reader = Guest.named(fleet, "reader")) {
                reader.awaitHolder("ws2");
                reader.migrate("ws3");
                reader.migrate("ws2");
                owners.is("ws2", true);
                reader.awaitHolder("ws1");
                Path go = fleet.home("ws1").resolve("digest.go");
                Files.createFile(go);
                String digest = HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
                assertEquals(bytes.length + " " + digest, out.readLine());
                assertEquals(0, mig.waitFor());
                Files.delete(go);
            }
        } finally {
            end(mig);
            Files.delete(input);
        }
    }

    @Test
    void whoIsGivenNothingReadsNothing() {
        onlyWs2IsIdle();
        Shell.Result result = Fleet.mig("exec", "--home", "ws1", "--", "sh", "-c", "cat; echo end");
        assertEquals("end\n", result.expect(0).out());
    }

    @Test
    void theTerminalsInterruptReachesIt() throws Exception {
        onlyWs2IsIdle();
        // whoever runs the tests in the background ignores it, and all that is started there does too
        Process mig = exec(
                        "interrupted",
                        "sh",
                        "-c",
                        "trap 'echo caught; exit 3' INT; echo ready; while :; do sleep 0.05; done")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (var out = mig.inputReader()) {
            assertEquals("ready", out.readLine());
            await("it is away")
                    .atMost(Owners.LIMIT)
                    .until(() -> status("interrupted").holder().equals("ws2"));
            ProcessHandle java = mig.descendants()
                    .filter(it -> it.info().command().orElse("").endsWith("/java"))
                    .findFirst()
                    .orElseThrow();
            Shell.run(Duration.ofSeconds(5), Map.of(), List.of("kill", "-INT", Long.toString(java.pid())))
                    .expect(0);
            assertEquals("caught", out.readLine());
            assertTrue(mig.waitFor(60, TimeUnit.SECONDS));
            assertEquals(3, mig.exitValue());
        } finally {
            end(mig);
        }
    }

    /** The command as a shell starts it, from ws1. */
    private static ProcessBuilder exec(String name, String... command) {
        List<String> all = new ArrayList<>(List.of("env", "--default-signal=INT"));
        all.add(Path.of(requireNonNull(System.getProperty("tomte.source")), "tomte")
                .toString());
        all.addAll(List.of("mig", "exec", "--home", "ws1", "--cwd", "/home/tomte", "--name", name, "--"));
        all.addAll(List.of(command));
        ProcessBuilder builder = new ProcessBuilder(all);
        builder.environment().put("TOMTE_FLEET", Fleet.name());
        return builder;
    }

    private static void end(Process mig) {
        mig.descendants().forEach(ProcessHandle::destroyForcibly);
        mig.destroyForcibly();
    }

    private Guest begunAway(String name) {
        return Guest.run(
                fleet,
                new RunOrder(
                        name,
                        "ws1",
                        List.of("sh", "-c", "echo begun >> " + name + "-begun.txt; " + Guest.counting(name)),
                        Map.of(),
                        null,
                        null,
                        false,
                        Begins.AWAY));
    }

    private void assertBegunOnce(String name) throws IOException {
        assertEquals(List.of("begun"), Files.readAllLines(fleet.home("ws1").resolve(name + "-begun.txt")));
    }

    @Test
    void whatHasBegunElsewhereMovesLikeAnyOther() throws IOException {
        onlyWs2IsIdle();
        Files.deleteIfExists(fleet.home("ws1").resolve("roamer-begun.txt"));
        try (Guest guest = begunAway("roamer")) {
            guest.awaitHolder("ws2");
            guest.progress(3);
            guest.migrate("home");
            guest.progress(3);
            guest.migrate("ws3");
            guest.progress(3);
            guest.finish();
        }
        assertBegunOnce("roamer");
    }

    @Test
    void whoeverDiesMeanwhileItBeginsOnce() throws IOException {
        onlyWs2IsIdle();
        Faults faults = new Faults(fleet);
        for (String point : List.of("source-PROPOSED", "source-RESTORED", "target-RESTORED", "target-PREPARED")) {
            String host = point.startsWith("source") ? "ws1" : "ws2";
            Files.deleteIfExists(fleet.home("ws1").resolve("once-begun.txt"));
            try (FailPoint fault = FailPoint.at(host, point);
                    Guest guest = begunAway("once")) {
                fault.awaitPaused();
                Instant killed = Instant.now();
                faults.kill(host, fault::release);
                faults.awaitBack(host, killed);
                // ws1's agent remembers no owner
                owners.is("ws1", true);
                await("it has begun, or ended")
                        .atMost(Owners.LIMIT.multipliedBy(2))
                        .until(() -> guest.status().state() != ProcessStatus.State.WAITING
                                && guest.status().state() != ProcessStatus.State.UNREACHABLE);
                if (guest.status().isLiving()) {
                    guest.progress(3);
                    guest.finish();
                    assertBegunOnce("once");
                } else {
                    // its only move was taken back, and no other host is idle
                    assertEquals(Launch.NOWHERE, guest.awaitExit());
                    assertFalse(Files.exists(fleet.home("ws1").resolve("once-begun.txt")));
                }
            }
            owners.awaitBusy("ws1", "ws3");
            owners.awaitIdle("ws2");
        }
    }
}

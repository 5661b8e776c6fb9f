package dev.tomte.mig;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class MigTest {
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        CommandLine line = Mig.commandLine();
        line.setErr(new PrintWriter(err, true));
        line.setOut(new PrintWriter(new StringWriter(), true));
        return line.execute(arguments);
    }

    @Test
    void whatIsNotUnderstoodEndsWith2() {
        assertEquals(2, run());
        assertEquals(2, run("levitate"));
        assertEquals(2, run("migrate", "count"));
        assertEquals(2, run("hosts", "-o", "yaml"));
        assertEquals(2, run("run", "--env", "=novalue", "--", "true"));
        assertTrue(err.toString().contains("--env takes KEY or KEY=VALUE"), err.toString());
        assertEquals(2, run("run", "--user", "nobody?", "--", "true"));
        assertEquals(2, run("run", "--here", "--share", "--", "true"));
        assertTrue(err.toString().contains("exclude each other"), err.toString());
        assertEquals(2, run("owner", "ws1", "sleeps"));
    }

    @Test
    void everyCommandHasHelp() {
        for (String command : Mig.commandLine().getSubcommands().keySet())
            assertEquals(0, run(command, "--help"), command);
    }

    @Test
    void withoutAFleetItSaysSo(@TempDir Path directory) {
        assertEquals(
                1,
                run(
                        "hosts",
                        "--connection",
                        directory.resolve("absent.properties").toString()));
        assertTrue(err.toString().contains("is the fleet up?"), err.toString());
    }

    private Connection connection(Path directory, String... lines) throws IOException {
        Path file = directory.resolve("client.properties");
        Files.write(file, List.of(lines));
        return Connection.read(file);
    }

    @Test
    void aTokenIsReadWithEachCall(@TempDir Path directory) throws IOException {
        Path token = directory.resolve("token");
        Credentials credentials = connection(
                        directory, "endpoints=https://127.0.0.1:1", "authority=ca.crt", "token=" + token)
                .credentials();
        Files.writeString(token, "one\n");
        assertEquals(Optional.of("Bearer one"), credentials.authorization());
        Files.writeString(token, "two");
        assertEquals(Optional.of("Bearer two"), credentials.authorization());
        for (String hostile : List.of("", "a b", "secret\r\nHost: x", "secret\u0000", "secr\u00e9t")) {
            Files.writeString(token, hostile);
            String said = String.valueOf(
                    assertThrows(Refused.class, credentials::authorization).getMessage());
            assertEquals(token + " holds no token", said);
        }
        Files.delete(token);
        assertThrows(Refused.class, credentials::authorization);
    }

    @Test
    void oneIsEitherACertificateOrAToken(@TempDir Path directory) throws IOException {
        String endpoints = "endpoints=https://127.0.0.1:1";
        assertEquals(
                Optional.empty(),
                connection(directory, endpoints, "certificates=mig")
                        .credentials()
                        .authorization());
        assertThrows(Refused.class, () -> connection(directory, endpoints));
        assertThrows(Refused.class, () -> connection(directory, endpoints, "token=t"));
        assertThrows(Refused.class, () -> connection(directory, endpoints, "certificates=mig", "token=t"));
        assertThrows(Refused.class, () -> connection(directory, endpoints, "certificates=mig", "authority=ca.crt"));
        assertThrows(Refused.class, () -> connection(directory, "certificates=mig"));
    }

    @Test
    void aProblemIsToldInItsOwnWords() {
        assertEquals("no such host: ws9", Api.problem(404, "{\"title\":\"No\",\"detail\":\"no such host: ws9\"}"));
        assertEquals("No", Api.problem(404, "{\"title\":\"No\"}"));
        assertEquals("the API answered with status 502", Api.problem(502, "<html>"));
    }

    @Test
    void phasesComeInTheirOrder() {
        assertEquals(
                "  freeze        1.5 ms\n  dump        100.0 ms\n",
                MigrateCommand.phases(Map.of("dump", 100_000L, "freeze", 1_500L)));
    }

    @Test
    void quantities() {
        assertEquals("1023 B", Words.bytes(1023));
        assertEquals("16.0 MiB", Words.bytes(16 << 20));
        assertEquals("1.5 ms", Words.millis(1500));
        Instant now = Instant.parse("2026-01-01T00:00:00Z");
        assertEquals("59s", Words.ago(now.minusSeconds(59), now));
        assertEquals("1m1s", Words.ago(now.minusSeconds(61), now));
        assertEquals("2h0m", Words.ago(now.minusSeconds(7200), now));
    }

    @Test
    void columnsAreAsWideAsTheirWidestCell() {
        assertEquals("A   B\nxx  y\n", new Table("A", "B").row("xx", "y").toString());
    }
}

package dev.tomte.contracts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class JsonTest {
    private static final Command.MovePlan PLAN = new Command.MovePlan(
            "m-1", "p-1", "pod-1", 3, "ws1", "ws2", "ws3", "10.0.0.1", "10.0.0.2", "10.0.0.3", "secret", Instant.EPOCH);

    @Test
    void commandsComeBackAsTheyWere() {
        Command move = new Command.Move("ws2", 7, PLAN);
        assertEquals(move, Json.read(Json.write(move), Command.class));
        Request.Launch launch = new Request.Launch("count", List.of("sh", "-c", "x"), Map.of("A", "b"), "/", 1000);
        Command start = new Command.Start("ws1", "p-1", 1, launch);
        assertEquals(start, Json.read(Json.write(start), Command.class));
    }

    @Test
    void aPreferredDirectoryIsUnderstoodAndSoAreLaunchesWithoutOne() {
        String old = """
                {"name": "gcc", "command": ["gcc"], "env": {}, "cwd": "/home/tomte", "uid": 1000, "shared": true, "begins": "AWAY"%s}""";
        assertNull(Json.read(old.formatted(""), Request.Launch.class).preferredCwd());
        Request.Launch prefers = Json.read(old.formatted(", \"preferredCwd\": \"/src\""), Request.Launch.class);
        assertEquals(prefers, Json.read(Json.write(prefers), Request.Launch.class));
        assertEquals(
                List.of("/home/tomte", "/src"),
                List.of(
                        prefers.cwd(),
                        Optional.ofNullable(prefers.preferredCwd()).orElse("")));
        Request.Launch settled = prefers.in("/src");
        assertEquals("/src", settled.cwd());
        assertNull(settled.preferredCwd());
        assertEquals(prefers.begins(), settled.begins());
    }

    @Test
    void theJournalComesBackAsItWas() {
        Migration migration = new Migration(
                PLAN,
                "count",
                MoveState.FROZEN,
                Reason.PLACEMENT,
                "mig",
                "asked",
                List.of(new Rejected("ws3", "its owner is back")),
                "",
                Map.of(MoveState.FROZEN, Instant.EPOCH),
                Map.of("freeze", 1000L),
                12,
                7);
        assertEquals(migration, Json.read(Json.write(migration), Migration.class));
    }

    @Test
    void requestsComeBackAsTheyWere() {
        for (Request request : List.of(
                new Request.Policy("ws1", Who.NONE, null, true, "mig", Instant.EPOCH),
                new Request.Play("ws1", true, "mig", Instant.EPOCH),
                new Request.Migrate("p-1", "m-1", null, "ws2", Reason.OWNER, "mig", "x", List.of(), Instant.EPOCH)))
            assertEquals(request, Json.read(Json.write(request), Request.class));
        Command policy = new Command.Policy("ws1", 3, null, Who.OWNER, null);
        assertEquals(policy, Json.read(Json.write(policy), Command.class));
    }

    private static Availability host(Set<String> held) {
        return new Availability(
                "ws1",
                Availability.State.AVAILABLE,
                "idle",
                Instant.EPOCH,
                Instant.EPOCH,
                "10.0.0.1",
                7001,
                7002,
                "",
                2.0,
                1L << 30,
                Set.of("sse2"),
                "6.18",
                0,
                new Availability.Sharing(
                        Cause.NONE,
                        90_000,
                        null,
                        2,
                        0.1,
                        0,
                        held,
                        "x86_64",
                        "default",
                        SharePolicy.open("ws1", "tomte"),
                        true));
    }

    @Test
    void hostsComeBackAsTheyWere() {
        Availability host = host(Set.of("p-1"));
        assertEquals(host, Json.read(Json.write(host), Availability.class));
    }

    @Test
    void unknownFieldsAreIgnoredAndUnknownValuesReadAsUnknown() {
        Availability host = host(Set.of());
        String json = Json.write(host).replace("\"AVAILABLE\"", "\"SLEEPY\",\"mood\":\"good\"");
        assertEquals(
                Availability.State.UNKNOWN, Json.read(json, Availability.class).state());
        assertInstanceOf(
                Command.Unknown.class,
                Json.read("{\"kind\":\"dance\",\"host\":\"ws1\",\"process\":\"p-1\",\"generation\":1}", Command.class));
    }

    @Test
    void aRecordThatIsNotOneIsRefused() {
        assertThrows(
                IllegalArgumentException.class, () -> new Request.Launch("No Name", List.of("x"), Map.of(), "/", 0));
        assertThrows(IllegalArgumentException.class, () -> new Request.Launch("n", List.of(), Map.of(), "/", 0));
        assertThrows(IllegalArgumentException.class, () -> new Request.Launch("n", List.of("x"), Map.of(), "tmp", 0));
    }
}

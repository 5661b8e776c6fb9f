package dev.tomte.acceptance;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.contracts.Json;
import dev.tomte.contracts.Names;
import dev.tomte.fleet.Slowness;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** What README.md shows a newcomer, command by command. */
@Order(1)
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class TourTest {
    private static final Duration LIMIT = Slowness.limit(Duration.ofSeconds(30));

    private final Fleet fleet = Fleet.up();

    private static String mig(int expected, String... arguments) {
        return Fleet.mig(arguments).expect(expected).out();
    }

    /** What is asked again where hosts are too slow to answer in time: such a move is refused, and nothing is lost. */
    private static String migrate(String target) {
        Shell.Result moved = Fleet.mig("migrate", "count", target);
        for (int tries = 1; tries < Slowness.times() && moved.err().contains(" did not answer"); tries++)
            moved = Fleet.mig("migrate", "count", target);
        return moved.expect(0).out();
    }

    private static long size(Path file) {
        try {
            return Files.exists(file) ? Files.size(file) : 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void grows(Path file) {
        long before = size(file);
        await(file + " grows").atMost(LIMIT).until(() -> size(file) > before);
    }

    @Test
    @Order(1)
    void upIsSafeToRepeat() {
        assertTrue(Fleet.tomte("up").expect(0).out().contains("was up already"));
        Fleet.tomte("status").expect(0);
    }

    @Test
    @Order(2)
    void theTour() throws IOException {
        String hosts = mig(0, "hosts");
        Fleet.HOSTS.forEach(host -> assertTrue(hosts.contains(host + "   "), hosts));
        assertTrue(mig(0, "hosts", "-o", "wide").contains(fleet.root("ws1").toString()));

        Path file = fleet.home("ws1").resolve("count.txt");
        Files.deleteIfExists(file);
        assertEquals(
                "count\n",
                mig(
                        0,
                        "run",
                        "--home",
                        "ws1",
                        "--name",
                        "count",
                        "--",
                        "sh",
                        "-c",
                        "i=0; while sleep 0.1; do i=$((i+1)); echo $i; echo $i >> count.txt; done"));
        grows(file);

        String moved = migrate("ws2");
        for (String word : List.of("ws1 -> ws2", "SETTLED", "freeze", "dump", "restore", "stood still for", " ms"))
            assertTrue(moved.contains(word), moved);
        await("ps says ws2").atMost(LIMIT).until(() -> mig(0, "ps").matches("(?s).*count +ws1 +ws2 +RUNNING.*"));
        grows(file);
        for (String other : List.of("ws2", "ws3"))
            assertFalse(Files.exists(fleet.home(other).resolve("count.txt")));

        migrate("ws3");
        grows(file);
        migrate("home");
        grows(file);
        await("ps shows the CPU time at home and away")
                .atMost(LIMIT)
                .until(() -> cpu("CPU HOME") > 0 && cpu("CPU AWAY") > 0);

        JsonNode migrations = Json.mapper().readTree(mig(0, "migrations", "-o", "json"));
        assertTrue(migrations.size() >= 3, migrations::toString);

        mig(0, "kill", "count");
        assertEquals(143, Fleet.mig("wait", "count").status());
        List<String> log = mig(0, "logs", "-f", "count").lines().toList();
        assertEquals(numbers(log.size()), log);
        assertEquals(log, Files.readAllLines(file));
        assertFalse(mig(0, "ps").contains("count"));
        assertTrue(mig(0, "ps", "-a").contains("ENDED(143)"));
    }

    /** Seconds in a column of {@code mig ps}, of the process {@code count}. */
    private static double cpu(String column) {
        List<String> lines = mig(0, "ps").lines().toList();
        int from = lines.getFirst().indexOf(column);
        String count = lines.stream()
                .filter(line -> line.contains(" count "))
                .findFirst()
                .orElseThrow();
        return Double.parseDouble(count.substring(from).split("[^0-9.]", 2)[0]);
    }

    private static List<String> numbers(int last) {
        return IntStream.rangeClosed(1, last).mapToObj(Integer::toString).toList();
    }

    @Test
    @Order(3)
    void whatRunIsTold() {
        mig(
                0,
                "run",
                "--home",
                "ws2",
                "--name",
                "told",
                "--cwd",
                "/tmp",
                "--user",
                "root",
                "--env",
                "WORD=a b",
                "--",
                "sh",
                "-c",
                "id -u; pwd; echo \"$WORD\"; hostname; read word || echo no input; exit 7");
        assertEquals(7, Fleet.mig("wait", "told").status());
        assertEquals("0\n/tmp\na b\nws2\nno input\n", mig(0, "logs", "told"));
    }

    @Test
    @Order(4)
    void aNameIsInvented() {
        String name = mig(0, "run", "--", "id", "-un").strip();
        assertTrue(name.startsWith("id-"), name);
        assertEquals(0, Fleet.mig("wait", name).status());
        assertEquals("tomte\n", mig(0, "logs", name));
    }

    @Test
    @Order(5)
    void jsonEverywhere() {
        JsonNode process = Json.mapper()
                .readTree(mig(0, "run", "-o", "json", "--home", "ws1", "--name", "brief", "--", "sleep", "600"));
        assertEquals("brief", process.path("name").asString());
        assertEquals(
                "ws1",
                Json.mapper()
                        .readTree(mig(0, "hosts", "-o", "json"))
                        .get(0)
                        .path("host")
                        .asString());
        assertEquals(
                "SETTLED",
                Json.mapper()
                        .readTree(mig(0, "migrate", "-o", "json", "brief", "ws3"))
                        .path("state")
                        .asString());
        JsonNode event = Json.mapper().readTree(anEvent());
        assertTrue(
                Set.of("process", "migration", "host")
                        .contains(event.path("event").asString()),
                event::toString);
        assertTrue(Json.mapper()
                .readTree(mig(0, "migrations", "-o", "json"))
                .valueStream()
                .anyMatch(migration -> migration.path("name").asString().equals("brief")));
        Json.mapper().readTree(mig(0, "kill", "-o", "json", "-s", "KILL", "brief"));
        Shell.Result waited = Fleet.mig("wait", "-o", "json", "brief").expect(137);
        assertEquals(
                137, Json.mapper().readTree(waited.out()).path("exitStatus").asInt());
        assertTrue(Json.mapper().readTree(mig(0, "ps", "-a", "-o", "json")).isArray());
    }

    /** The next thing that changes; what has changed before one looks is not told. */
    private String anEvent() {
        CompletableFuture<String> event =
                CompletableFuture.supplyAsync(() -> mig(0, "events", "-o", "json", "--count", "1"));
        await("something changes")
                .atMost(LIMIT)
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> {
                    Guest.run(fleet, "ws1", Names.fresh("event"), "true");
                    return event.isDone();
                });
        return event.join();
    }
}

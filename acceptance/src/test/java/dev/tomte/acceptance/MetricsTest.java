package dev.tomte.acceptance;

import static java.util.Objects.requireNonNull;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.contracts.Identity;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.Reason;
import dev.tomte.contracts.rest.MigrationResource;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What the chart's dashboards and alerts ask for is there, once something has happened. */
@Order(7)
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class MetricsTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int FORBIDDEN = 403;
    /** Two replicas, three hosts. */
    private static final int TARGETS = 5;

    private static final String SETTLED_BY_HAND = "tomte_moves_total{outcome='settled', reason='operator'}";
    private static final String SETTLED_FOR_OWNER = "tomte_moves_total{outcome='settled', reason='owner'}";
    private static final String REFUSED = "tomte_moves_total{outcome='refused', reason='operator'}";
    private static final String FROZEN = "tomte_move_frozen_seconds_count";
    private static final String HELD_AT_ONCE = "tomte_owner_return_frozen_seconds_count{host='ws2'}";
    private static final String WRITTEN = "tomte_home_written_bytes_total{host='ws1'}";

    /** An alert's comparison, which is empty as long as all is well: what is before it must not be. */
    private static final Pattern COMPARISON = Pattern.compile("(.+) (?:==|<|>) [0-9.]+");

    private final Fleet fleet = Fleet.up();
    private final Owners owners = new Owners(fleet);

    @TempDir
    private Path directory;

    @BeforeEach
    @AfterEach
    void everybodyIsAway() {
        owners.areAway();
    }

    @Test
    void everyPanelAndEveryAlertFindsData() throws IOException {
        fleet.awaitWhole();
        try (Prometheus prometheus = new Prometheus(directory)) {
            await("all targets are scraped")
                    .atMost(LIMIT)
                    .until(() -> prometheus.sum("up{job=~'tomte-.*'}") == TARGETS);
            double byHand = prometheus.sum(SETTLED_BY_HAND);
            double forOwner = prometheus.sum(SETTLED_FOR_OWNER);
            double refused = prometheus.sum(REFUSED);
            double frozen = prometheus.sum(FROZEN);
            double heldAtOnce = prometheus.sum(HELD_AT_ONCE);
            double written = prometheus.sum(WRITTEN);

            moves();

            await("what happened has been counted once").atMost(LIMIT).untilAsserted(() -> {
                assertEquals(byHand + 1, prometheus.sum(SETTLED_BY_HAND));
                assertEquals(forOwner + 1, prometheus.sum(SETTLED_FOR_OWNER));
                assertEquals(refused + 1, prometheus.sum(REFUSED));
                assertEquals(frozen + 2, prometheus.sum(FROZEN));
                assertEquals(heldAtOnce + 1, prometheus.sum(HELD_AT_ONCE));
                assertTrue(prometheus.sum(WRITTEN) > written);
            });
            for (Dashboard dashboard : Dashboard.all()) {
                List<Dashboard.Query> queries = dashboard.queries();
                assertFalse(queries.isEmpty(), dashboard::name);
                for (Dashboard.Query query : queries) hasData(prometheus, query.toString(), filled(query));
                for (Dashboard.Query query : dashboard.variables())
                    hasData(prometheus, query.toString(), query.expression());
            }
            alerts(prometheus);
        }
    }

    /** One that is asked for, one that the owner's return brings, one that is refused, and one that is not begun. */
    private void moves() throws IOException {
        owners.awaitIdle("ws2");
        String listening = """
                import itertools, socket, time
                s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()
                for n in itertools.count(1): print(n, flush=True); time.sleep(0.02)
                """;
        try (Guest guest = Guest.counter(fleet, "ws1", "measured");
                Guest immovable = Guest.run(fleet, "ws1", "listening", "/usr/bin/python3", "-c", listening)) {
            guest.migrate("ws2");
            guest.progress(10);
            immovable.progress(1);
            assertEquals(
                    MoveState.REFUSED, immovable.end(immovable.begin("ws3")).state());
            assertFalse(guest.askToMigrate("ws9").ok());
            owners.is("ws2", true);
            await("the guest has left ws2")
                    .atMost(LIMIT)
                    .until(() -> Stream.of(fleet.rest()
                                    .get("/migrations?process=" + guest.id())
                                    .as(MigrationResource[].class))
                            .anyMatch(move -> move.reason() == Reason.OWNER && move.state() == MoveState.SETTLED));
            guest.progress(3);
            guest.finish();
        }
    }

    /** As Grafana fills in its variables. */
    private static String filled(Dashboard.Query query) {
        return query.expression()
                .replace("$__rate_interval", "10m")
                .replace("$__range", "10m")
                .replace("$host", String.join("|", Fleet.HOSTS))
                .replace("$reason", "operator|owner");
    }

    private static void hasData(Prometheus prometheus, String what, String expression) {
        assertFalse(expression.contains("$"), expression);
        await(what)
                .atMost(LIMIT)
                .until(() -> prometheus.query(expression).stream().anyMatch(sample -> !Double.isNaN(sample.value())));
    }

    private static void alerts(Prometheus prometheus) throws IOException {
        await("every rule has been evaluated").atMost(LIMIT).until(() -> {
            List<JsonNode> rules = prometheus.rules();
            return !rules.isEmpty()
                    && rules.stream()
                            .allMatch(rule -> rule.path("health").asString().equals("ok"));
        });
        for (JsonNode rule : prometheus.rules()) {
            Matcher alert = COMPARISON.matcher(rule.path("query").asString());
            assertTrue(alert.matches(), rule::toString);
            hasData(prometheus, rule.path("name").asString(), alert.group(1));
        }
    }

    @Test
    void whoMonitorsMayDoNothingElse() throws IOException {
        Path certificates = requireNonNull(fleet.identity().directory().getParent());
        Rest monitor = new Rest(fleet.endpoints(), new Identity(certificates.resolve("monitor")));
        assertEquals(FORBIDDEN, monitor.get("/hosts").status());
    }
}

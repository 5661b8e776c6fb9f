package dev.tomte.acceptance;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** The chart's alerts come when something is wrong, and only then. */
@Order(7)
class AlertsTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Path source = Path.of(requireNonNull(System.getProperty("tomte.source"), "tomte.source"));
    private final Path cases = source.resolve("acceptance/src/test/resources/alerts/alerts.yaml");

    @Test
    @EnabledIfSystemProperty(named = "tomte.fleet", matches = "up", disabledReason = "a plain build has no promtool")
    void everyAlertComesWhenAllIsWrongAndNoneWhenAllIsWell() {
        List<String> promtool = List.of(Prometheus.program("promtool").toString(), "test", "rules", cases.toString());
        Shell.run(LIMIT, Map.of(), promtool).expect(0);
    }

    @Test
    void everyAlertHasItsCaseAndItsRow() throws IOException {
        List<String> alerts = found(Dashboard.chart().resolve("rules/tomte.yaml"), "- alert: (\\w+)");
        assertFalse(alerts.isEmpty());
        assertEquals(alerts, found(cases, "alertname: (\\w+)"));
        assertEquals(alerts, found(source.resolve("docs/metrics.md"), "\\| `(Tomte\\w+)`"));
    }

    private static List<String> found(Path file, String pattern) throws IOException {
        return Pattern.compile(pattern)
                .matcher(Files.readString(file))
                .results()
                .map(match -> match.group(1))
                .distinct()
                .sorted()
                .toList();
    }
}

package dev.tomte.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What Grafana would not say but show: panels of no source, one above the other, variables that are none. */
class DashboardTest {
    private static final Pattern VARIABLE = Pattern.compile("\\$(?!__)(\\w+)");
    private static final int WIDTH = 24;

    @Test
    void thereIsOneForEachSubject() {
        assertEquals(
                Set.of("tomte-fleet", "tomte-migration", "tomte-host", "tomte-evictions"),
                Dashboard.all().stream()
                        .map(dashboard -> dashboard.json().path("uid").asString())
                        .collect(Collectors.toSet()));
    }

    @Test
    void panelsTakeTheSourceThatIsChosen() {
        for (Dashboard dashboard : Dashboard.all())
            for (JsonNode panel : dashboard.json().path("panels"))
                assertEquals(
                        "${datasource}",
                        panel.path("datasource").path("uid").asString(),
                        () -> dashboard.name() + ": " + panel.path("title"));
    }

    @Test
    void noPanelLiesOnAnother() {
        for (Dashboard dashboard : Dashboard.all()) {
            Set<String> covered = new HashSet<>();
            for (JsonNode panel : dashboard.json().path("panels")) {
                JsonNode place = panel.path("gridPos");
                int right = place.path("x").asInt() + place.path("w").asInt();
                assertTrue(right <= WIDTH, panel::toString);
                for (int x = place.path("x").asInt(); x < right; x++)
                    for (int y = 0; y < place.path("h").asInt(); y++)
                        assertTrue(covered.add(x + " " + (place.path("y").asInt() + y)), panel::toString);
            }
        }
    }

    @Test
    void variablesAreDeclared() {
        for (Dashboard dashboard : Dashboard.all()) {
            Set<String> declared = Stream.of(dashboard.json().path("templating").path("list"))
                    .flatMap(JsonNode::valueStream)
                    .map(variable -> variable.path("name").asString())
                    .collect(Collectors.toSet());
            for (Dashboard.Query query : dashboard.queries())
                VARIABLE.matcher(query.expression())
                        .results()
                        .forEach(used -> assertTrue(declared.contains(used.group(1)), query::toString));
        }
    }
}

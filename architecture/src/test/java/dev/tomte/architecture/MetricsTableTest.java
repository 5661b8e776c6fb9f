package dev.tomte.architecture;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.tomte.migration.view.FleetMetrics;
import dev.tomte.migration.view.FleetView;
import io.prometheus.client.Collector;
import io.prometheus.client.Collector.MetricFamilySamples;
import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.CounterMetricFamily;
import io.prometheus.client.GaugeMetricFamily;
import io.prometheus.client.SimpleCollector;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The table in docs/metrics.md names all that the services register, and nothing else. */
class MetricsTableTest {
    private static final Pattern ROW =
            Pattern.compile("\\| `(tomte_\\w+)` \\| (counter|gauge|histogram) \\|([^|]*)\\| [^|]+ \\|");
    private static final Pattern LABEL = Pattern.compile("`(\\w+)`");
    private static final Pattern CONVENTION = Pattern.compile("tomte_[a-z]+(_[a-z]+)*");

    private static final JavaClasses OURS = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.tomte");

    /** What a service makes one of when it is started; everything else is a constant where it is counted. */
    private final List<Collector> perService = List.of(new FleetMetrics(new FleetView(), InstantSource.system()));

    /** The registered ones; who looks at a constant of a class has the class register its own. */
    private static List<Collector> constants() throws ReflectiveOperationException {
        List<Collector> constants = new ArrayList<>();
        for (JavaField field :
                OURS.stream().flatMap(type -> type.getFields().stream()).toList())
            if (field.getModifiers().contains(JavaModifier.STATIC)
                    && field.getRawType().isAssignableTo(Collector.class)) {
                Field constant = field.reflect();
                constant.setAccessible(true);
                constants.add((Collector) requireNonNull(constant.get(null)));
            }
        return constants;
    }

    private static List<?> labels(Class<?> declaring, Object of) throws ReflectiveOperationException {
        Field labels = declaring.getDeclaredField("labelNames");
        labels.setAccessible(true);
        return (List<?>) requireNonNull(labels.get(of));
    }

    private static List<?> labels(Collector collector, MetricFamilySamples family) throws ReflectiveOperationException {
        if (collector instanceof SimpleCollector<?>) return labels(SimpleCollector.class, collector);
        return family instanceof CounterMetricFamily
                ? labels(CounterMetricFamily.class, family)
                : labels(GaugeMetricFamily.class, family);
    }

    private static String name(MetricFamilySamples family) {
        return family.type == Collector.Type.COUNTER ? family.name + "_total" : family.name;
    }

    private static List<MetricFamilySamples> families(Collector collector) {
        return ((Collector.Describable) collector).describe();
    }

    /** Type and labels by name. */
    private Map<String, String> measured() throws ReflectiveOperationException {
        List<Collector> all = new ArrayList<>(constants());
        all.addAll(perService);
        Map<String, String> measured = new TreeMap<>();
        for (Collector collector : all)
            for (MetricFamilySamples family : families(collector))
                measured.put(
                        name(family), family.type.name().toLowerCase(Locale.ROOT) + " " + labels(collector, family));
        return measured;
    }

    private static Map<String, String> documented() throws IOException {
        Map<String, String> documented = new TreeMap<>();
        Path page = Path.of(requireNonNull(System.getProperty("tomte.source"), "tomte.source"), "docs/metrics.md");
        for (String line : Files.readAllLines(page)) {
            Matcher row = ROW.matcher(line);
            if (!row.matches()) continue;
            List<String> labels = LABEL.matcher(row.group(3))
                    .results()
                    .map(label -> label.group(1))
                    .toList();
            String before = documented.put(row.group(1), row.group(2) + " " + labels);
            assertEquals(null, before, row.group(1) + " is there twice");
        }
        return documented;
    }

    @Test
    void theTableIsWhatTheServicesMeasure() throws IOException, ReflectiveOperationException {
        assertEquals(lines(measured()), lines(documented()));
    }

    private static String lines(Map<String, String> metrics) {
        return metrics.entrySet().stream().map(Object::toString).collect(Collectors.joining("\n"));
    }

    @Test
    void allConstantsAreRegistered() throws ReflectiveOperationException {
        List<String> constants = constants().stream()
                .flatMap(collector -> families(collector).stream())
                .map(MetricsTableTest::name)
                .sorted()
                .toList();
        List<String> registered = Collections.list(CollectorRegistry.defaultRegistry.metricFamilySamples()).stream()
                .map(MetricsTableTest::name)
                .sorted()
                .toList();
        assertEquals(registered, constants);
    }

    @Test
    void noKindOfCollectorIsForgotten() throws ReflectiveOperationException {
        Collection<String> known = Stream.concat(constants().stream(), perService.stream())
                .map(collector -> collector.getClass().getName())
                .toList();
        OURS.stream()
                .filter(type -> type.isAssignableTo(Collector.class))
                .forEach(type -> assertTrue(known.contains(type.getName()), type::getName));
    }

    @Test
    void namesAreByTheConventions() throws ReflectiveOperationException {
        for (Map.Entry<String, String> metric : measured().entrySet()) {
            String name = metric.getKey();
            assertTrue(CONVENTION.matcher(name).matches(), name);
            assertEquals(metric.getValue().startsWith("counter"), name.endsWith("_total"), name);
            if (metric.getValue().startsWith("histogram")) assertTrue(name.endsWith("_seconds"), name);
        }
    }
}

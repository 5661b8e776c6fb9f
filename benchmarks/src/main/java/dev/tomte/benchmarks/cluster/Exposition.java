package dev.tomte.benchmarks.cluster;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Prometheus' text format, as far as Kubernetes writes it: one sample a line. */
record Exposition(String text) {
    private static final Pattern SAMPLE = Pattern.compile("(\\w+)\\{([^}]*)} (\\S+)( \\d+)?");
    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"([^\"]*)\"");

    /** The sum of all samples of a name whose labels are wanted. */
    double sum(String name, Predicate<Map<String, String>> wanted) {
        return text.lines()
                .filter(line -> line.startsWith(name + "{"))
                .map(SAMPLE::matcher)
                .filter(Matcher::matches)
                .filter(sample -> wanted.test(labels(sample.group(2))))
                .mapToDouble(sample -> Double.parseDouble(sample.group(3)))
                .sum();
    }

    private static Map<String, String> labels(String text) {
        Map<String, String> labels = new TreeMap<>();
        Matcher label = LABEL.matcher(text);
        while (label.find()) labels.put(label.group(1), label.group(2));
        return labels;
    }
}

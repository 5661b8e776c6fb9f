package dev.tomte.idle.policy;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a setting's number counts, and how people write it. */
public enum Unit {
    SECONDS,
    CORES,
    SHARE,
    BYTES;

    private static final Pattern NUMBER = Pattern.compile("([0-9]{1,12}(?:\\.[0-9]{1,9})?) ?([A-Za-z%]{0,3})");

    private Map<String, Double> suffixes() {
        return switch (this) {
            case SECONDS -> Map.of("ms", 1e-3, "s", 1.0, "min", 60.0, "h", 3600.0);
            case CORES -> Map.of("", 1.0);
            case SHARE -> Map.of("", 1.0, "%", 0.01);
            case BYTES -> Map.of("KiB", 0x1p10, "MiB", 0x1p20, "GiB", 0x1p30);
        };
    }

    /** @throws IllegalArgumentException if it is no number with one of this unit's suffixes */
    double parse(String text) {
        Matcher matcher = NUMBER.matcher(text.strip());
        Double factor = matcher.matches() ? suffixes().get(matcher.group(2)) : null;
        if (factor == null)
            throw new IllegalArgumentException("'%s' is not a number of %s, with one of the units %s"
                    .formatted(
                            text.length() > 40 ? text.substring(0, 40) + "..." : text,
                            name().toLowerCase(Locale.ROOT),
                            suffixes().keySet().stream().sorted().toList()));
        return Double.parseDouble(matcher.group(1)) * factor;
    }
}

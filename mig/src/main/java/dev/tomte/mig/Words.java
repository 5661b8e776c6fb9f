package dev.tomte.mig;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/** Quantities as a person reads them. */
final class Words {
    private static final double MICROS_PER_MILLI = 1000;
    private static final double MICROS_PER_SECOND = 1e6;
    private static final long KIB = 1024;

    private Words() {}

    static String millis(long micros) {
        return String.format(Locale.ROOT, "%.1f ms", micros / MICROS_PER_MILLI);
    }

    static String cpu(long micros) {
        return String.format(Locale.ROOT, "%.2fs", micros / MICROS_PER_SECOND);
    }

    static String bytes(long bytes) {
        if (bytes < KIB) return bytes + " B";
        double size = bytes;
        String[] units = {"KiB", "MiB", "GiB", "TiB"};
        int unit = -1;
        while (size >= KIB && unit + 1 < units.length) {
            size /= KIB;
            unit++;
        }
        return String.format(Locale.ROOT, "%.1f %s", size, units[unit]);
    }

    static String ago(Instant then, Instant now) {
        Duration age = Duration.between(then, now);
        if (age.isNegative() || age.toSeconds() < 60) return Math.max(0, age.toSeconds()) + "s";
        if (age.toMinutes() < 60) return age.toMinutes() + "m" + age.toSecondsPart() + "s";
        if (age.toHours() < 24) return age.toHours() + "h" + age.toMinutesPart() + "m";
        return age.toDays() + "d" + age.toHoursPart() + "h";
    }
}

package dev.tomte.idle.policy;

import java.util.Locale;

/** Numbers as people say them. */
final class Words {
    private Words() {}

    static String time(long nanos) {
        long seconds = Math.max(0, nanos) / 1_000_000_000;
        if (seconds < 120) return seconds + " s";
        if (seconds < 7200) return seconds / 60 + " min";
        return seconds / 3600 + " h";
    }

    static String cores(double cores) {
        return String.format(Locale.ROOT, "%.1f cores", cores);
    }

    static String share(double share) {
        return Math.round(share * 100) + " %";
    }

    static String bytes(long bytes) {
        return (bytes >> 20) + " MiB";
    }
}

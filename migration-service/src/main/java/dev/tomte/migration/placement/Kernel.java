package dev.tomte.migration.placement;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Kernel releases, as uname(2) says them. */
final class Kernel {
    private static final Pattern RELEASE = Pattern.compile("(\\d{1,6})\\.(\\d{1,6}).*");

    private Kernel() {}

    /** Whether the first has a lower version than the second; what is no version is neither lower nor higher. */
    static boolean isOlder(String one, String other) {
        Matcher a = RELEASE.matcher(one);
        Matcher b = RELEASE.matcher(other);
        if (!a.matches() || !b.matches()) return false;
        int major = Integer.compare(number(a, 1), number(b, 1));
        return major < 0 || (major == 0 && number(a, 2) < number(b, 2));
    }

    private static int number(Matcher release, int group) {
        return Integer.parseInt(release.group(group));
    }
}

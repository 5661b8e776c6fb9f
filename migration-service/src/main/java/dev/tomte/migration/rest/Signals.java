package dev.tomte.migration.rest;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Signals by name or number, as signal(7) has them for x86 and ARM. */
final class Signals {
    private static final int LAST = 64;
    /** In the order of their numbers, from 1. */
    private static final List<String> NAMES = List.of(
            "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
            "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
            "WINCH", "IO", "PWR", "SYS");

    private Signals() {}

    /** @throws IllegalArgumentException if there is no such signal */
    static int number(@Nullable String signal) {
        if (signal == null || signal.isEmpty()) throw new IllegalArgumentException("No signal is given");
        if (signal.length() <= 2 && signal.chars().allMatch(c -> c >= '0' && c <= '9')) {
            int number = Integer.parseInt(signal);
            if (number >= 1 && number <= LAST) return number;
        }
        String name = signal.toUpperCase(Locale.ROOT);
        int index = NAMES.indexOf(name.startsWith("SIG") ? name.substring(3) : name);
        if (index < 0)
            throw new IllegalArgumentException(
                    "'%s' is not a signal: a number from 1 to %d, or a name as TERM or SIGTERM"
                            .formatted(signal.length() > 20 ? signal.substring(0, 20) + "..." : signal, LAST));
        return index + 1;
    }
}

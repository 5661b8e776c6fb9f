package dev.tomte.home.mount;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What has become of the thread that waits for a request's answer. */
final class Callers {
    private static final long SIGKILL_BIT = 1L << 8;
    private static final int PF_EXITING = 4;
    /** Index of the flags in /proc/TID/stat, counted from the state. */
    private static final int FLAGS = 6;

    private Callers() {}

    /** Whether a thread has been killed, and waits only for this answer to end. */
    static boolean isDying(int thread) {
        if (thread <= 0) return false;
        Path proc = Path.of("/proc", Integer.toString(thread));
        try {
            for (String line : Files.readAllLines(proc.resolve("status")))
                if ((line.startsWith("SigPnd:") || line.startsWith("ShdPnd:"))
                        && (Long.parseUnsignedLong(line.substring(7).strip(), 16) & SIGKILL_BIT) != 0) return true;
            String stat = Files.readString(proc.resolve("stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", FLAGS + 2);
            return (Long.parseLong(fields[FLAGS]) & PF_EXITING) != 0;
        } catch (IOException e) {
            return false;
        }
    }
}

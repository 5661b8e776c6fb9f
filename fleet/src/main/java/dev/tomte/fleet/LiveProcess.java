package dev.tomte.fleet;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A process that is running now. PIDs are used again; a PID with the time at which it started is not.
 *
 * @param startTime in clock ticks since boot, as proc(5)'s stat has it
 */
record LiveProcess(long pid, long startTime) {
    private static final int START_TIME_AFTER_NAME = 19;

    /** The process a file of {@code PID STARTTIME} names, if it still is that process. */
    static Optional<LiveProcess> of(Path file) throws IOException {
        try {
            List<String> words = List.of(Files.readString(file).strip().split(" ", -1));
            if (words.size() != 2) return Optional.empty();
            LiveProcess noted = new LiveProcess(Long.parseLong(words.get(0)), Long.parseLong(words.get(1)));
            return noted.isAlive() ? Optional.of(noted) : Optional.empty();
        } catch (NoSuchFileException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    boolean isAlive() {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            List<String> fields =
                    List.of(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1));
            return !fields.getFirst().equals("Z") && Long.parseLong(fields.get(START_TIME_AFTER_NAME)) == startTime;
        } catch (IOException e) {
            return false;
        }
    }

    /** @param signal as kill(1) names it */
    void signal(String signal) {
        if (isAlive()) Tool.attempt("kill", "-" + signal, Long.toString(pid));
    }
}

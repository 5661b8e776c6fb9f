package dev.tomte.images;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program of the machine, run to its end. */
final class Program {
    /** A Debian tree from a slow mirror is the longest of them. */
    private static final Duration PATIENCE = Duration.ofMinutes(30);

    private final List<String> command = new ArrayList<>();

    Program(String... words) {
        command.addAll(List.of(words));
    }

    Program with(String... words) {
        command.addAll(List.of(words));
        return this;
    }

    /** Throws with the last lines of what it wrote if it fails. */
    void run() throws IOException, InterruptedException {
        Process process = start();
        process.getOutputStream().close();
        Thread killer = Thread.ofVirtual().start(() -> killIfLate(process));
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status = process.waitFor();
        killer.join();
        if (status != 0) throw new ImagesException(command.getFirst() + " failed: " + lastLines(output));
    }

    private Process start() {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        // mmdebstrap gives no file a later time
        builder.environment().put("SOURCE_DATE_EPOCH", "1");
        try {
            return builder.start();
        } catch (IOException e) {
            throw new ImagesException(command.getFirst() + " cannot be run: " + e.getMessage(), e);
        }
    }

    private static void killIfLate(Process process) {
        try {
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
        }
    }

    private static String lastLines(String output) {
        List<String> lines = output.lines().toList();
        return String.join(System.lineSeparator(), lines.subList(Math.max(0, lines.size() - 5), lines.size()));
    }
}

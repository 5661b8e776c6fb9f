package dev.tomte.fleet;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The machine's own programs (ip, mount), run to their end. */
final class Tool {
    /** None of them should take more than a moment; one that hangs must not hang the fleet. */
    private static final int SECONDS = 30;

    private Tool() {}

    record Result(int status, String output) {
        boolean ok() {
            return status == 0;
        }
    }

    /** What it wrote; throws with its own words if it failed. */
    static String run(String... command) {
        Result result = attempt(command);
        if (!result.ok())
            throw new FleetException(
                    String.join(" ", command) + ": status " + result.status + ": " + result.output.strip());
        return result.output;
    }

    static Result attempt(String... command) {
        try {
            Process process = new ProcessBuilder(List.of(command))
                    .redirectErrorStream(true)
                    .start();
            process.getOutputStream().close();
            Thread killer = Thread.ofVirtual().start(() -> {
                try {
                    if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) process.destroyForcibly();
                } catch (InterruptedException e) {
                    process.destroyForcibly();
                }
            });
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            killer.join();
            return new Result(process.waitFor(), output);
        } catch (IOException e) {
            throw new UncheckedIOException(command[0] + " cannot be run: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FleetException("interrupted while " + command[0] + " ran");
        }
    }
}

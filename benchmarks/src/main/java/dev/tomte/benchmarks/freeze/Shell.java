package dev.tomte.benchmarks.freeze;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A command that is waited for. */
public final class Shell {
    private static final int LIMIT_SECONDS = 300;

    private Shell() {}

    /**
     * What it wrote to its standard output.
     *
     * @throws IOException if it did not end well within five minutes; with what it wrote
     */
    public static String run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException(String.join(" ", command) + " did not end in " + LIMIT_SECONDS + " s");
        }
        if (process.exitValue() != 0)
            throw new IOException(String.join(" ", command) + " ended with " + process.exitValue() + ": " + out);
        return out;
    }
}

package dev.tomte.stub;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs criu inside of a pod by the enter program, as an agent does. */
final class Enter {
    private Enter() {}

    static Process start(Pod pod, Path log, List<String> options, List<String> program) throws IOException {
        List<String> command = new ArrayList<>(List.of("build/enter", "--pid", "" + pod.stubPid(), "--setsid"));
        command.addAll(List.of(
                "--ruid",
                "1000",
                "--rgid",
                "1000",
                "--from",
                "" + ProcessHandle.current().pid()));
        command.addAll(options);
        command.add("--");
        command.addAll(program);
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    static int await(Process process) throws InterruptedException {
        if (!process.waitFor(30, TimeUnit.SECONDS)) throw new AssertionError("it still runs: " + process);
        return process.exitValue();
    }
}

package dev.tomte.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each program goes from its home to two other hosts and back while it works, and checks itself at its end. */
public interface MovesScenario {
    Stage stage();

    default void tour(Traveller traveller) throws IOException {
        try (traveller) {
            traveller.progress(20);
            for (String target : List.of(stage().near(), stage().far(), "home")) {
                traveller.go(target);
                traveller.progress(20);
            }
            assertEquals(stage().home(), traveller.place());
            traveller.finish();
        }
    }

    @Test
    default void aShellScriptWithChildrenAndPipes() throws IOException {
        String program = stage().bring("shell.sh", Programs.source("shell.sh"));
        tour(stage().start("shell", "sh", program, "shell"));
    }

    @Test
    default void pythonWithThreads() throws IOException {
        String program = stage().bring("threads.py", Programs.source("threads.py"));
        tour(stage().start("python", "/usr/bin/python3", program, "python"));
    }

    @Test
    default void aProgramInCWithEverything(@TempDir Path scratch) throws IOException {
        String program = stage().bring("everything", Programs.compiled("everything", scratch));
        tour(stage().start("everything", program, "everything"));
    }

    @Test
    default void aJvmUnderLoad(@TempDir Path scratch) throws IOException {
        Path source = Files.write(scratch.resolve("Load.java"), Programs.source("Load.java"));
        String javac = Path.of(System.getProperty("java.home"), "bin", "javac").toString();
        Shell.run(Duration.ofMinutes(1), Map.of(), List.of(javac, "-d", scratch.toString(), source.toString()))
                .expect(0);
        List<Path> classes;
        try (Stream<Path> all = Files.list(scratch)) {
            classes = all.filter(file -> file.toString().endsWith(".class")).toList();
        }
        String program = "";
        for (Path file : classes) program = stage().bring(file.getFileName().toString(), Files.readAllBytes(file));
        tour(stage().java(
                        "jvm",
                        "-Xmx48m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        program.substring(0, program.lastIndexOf('/')),
                        "Load",
                        "jvm"));
    }
}

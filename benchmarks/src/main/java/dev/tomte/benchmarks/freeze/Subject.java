package dev.tomte.benchmarks.freeze;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * A program to be moved.
 *
 * @param megabytes how much memory it holds, MiB
 * @param java whether a JVM holds it, else a C program
 */
public record Subject(int megabytes, boolean java) {
    public String label() {
        return java ? "JVM " + megabytes + " MiB" : megabytes + " MiB";
    }

    public String name() {
        return (java ? "jvm-" : "hold-") + megabytes;
    }

    /** Its command, once {@link #build} has put the programs into the directory. */
    public List<String> command(Path directory) {
        return java
                ? List.of(
                        System.getProperty("java.home") + "/bin/java",
                        "-Xms" + 2 * megabytes + "m",
                        "-Xmx" + 2 * megabytes + "m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        directory.toString(),
                        "Hold",
                        "" + megabytes)
                : List.of(directory.resolve("hold").toString(), "" + megabytes);
    }

    /** Compiles the programs into the directory, readable by all. */
    public static void build(Path directory) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        for (String source : List.of("hold.c", "Hold.java")) {
            try (InputStream in = Subject.class.getResourceAsStream(source)) {
                if (in == null) throw new IOException(source + " is not in the jar");
                Files.write(directory.resolve(source), in.readAllBytes());
            }
        }
        Shell.run(List.of("gcc", "-O2", "-o", directory.resolve("hold") + "", directory.resolve("hold.c") + ""));
        Shell.run(List.of(
                System.getProperty("java.home") + "/bin/javac",
                "-d",
                directory.toString(),
                directory.resolve("Hold.java").toString()));
    }
}

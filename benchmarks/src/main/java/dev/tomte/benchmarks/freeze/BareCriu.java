package dev.tomte.benchmarks.freeze;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The baseline: the same criu, by the same options, dumps a process to a tmpfs and restores it from there, with nothing
 * else around it. The process keeps its PID.
 */
final class BareCriu implements AutoCloseable {
    private final Path criu;
    private final Path images;
    private final Path scratch = Path.of("/dev/.tomte");
    private final boolean ownScratch;
    private final Path output;
    private final long pid;

    /** @param tmpfs a directory on a tmpfs; one is made below it and removed with close */
    BareCriu(Path criu, Path tmpfs, Subject subject, Path programs) throws IOException, InterruptedException {
        this.criu = criu;
        this.images = Files.createTempDirectory(tmpfs, "bare");
        ownScratch = !Files.exists(scratch);
        if (ownScratch) Files.createDirectory(scratch);
        Path out = images.resolve("../" + images.getFileName() + ".out").normalize();
        List<String> command = new ArrayList<>(List.of("setsid", "--fork"));
        command.addAll(subject.command(programs));
        new ProcessBuilder(command)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(out.toFile())
                .redirectError(Path.of("/dev/null").toFile())
                .start()
                .waitFor();
        while (!Files.readString(out).contains("ready")) TimeUnit.MILLISECONDS.sleep(20);
        pid = ProcessHandle.allProcesses()
                .mapToLong(ProcessHandle::pid)
                .filter(p -> writesTo(p, out))
                .findFirst()
                .orElseThrow(() -> new IOException(subject.label() + " has ended"));
        output = out;
    }

    private static boolean writesTo(long pid, Path file) {
        try {
            return Files.isSameFile(Path.of("/proc/" + pid + "/fd/1"), file);
        } catch (IOException e) {
            return false;
        }
    }

    /** Dump and restore once; the time of both, microseconds. */
    long round() throws IOException, InterruptedException {
        clear();
        long begin = System.nanoTime();
        Shell.run(List.of(
                criu.toString(),
                "dump",
                "-t",
                "" + pid,
                "-D",
                images.toString(),
                "-v0",
                "-o",
                "dump.log",
                "--file-locks",
                "--link-remap",
                "--manage-cgroups=ignore"));
        long dumped = System.nanoTime() - begin;
        // its PID is free once its parent has reaped it, which is no time of criu's
        while (Files.exists(Path.of("/proc/" + pid))) TimeUnit.MILLISECONDS.sleep(1);
        begin = System.nanoTime();
        Shell.run(List.of(
                criu.toString(),
                "restore",
                "-D",
                images.toString(),
                "-v0",
                "-o",
                "restore.log",
                "--restore-detached",
                "--file-locks",
                "--link-remap",
                "--manage-cgroups=ignore"));
        return (dumped + System.nanoTime() - begin) / 1000;
    }

    private void clear() throws IOException {
        try (Stream<Path> files = Files.list(images)) {
            for (Path file : files.toList()) Files.delete(file);
        }
    }

    @Override
    public void close() throws IOException {
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        clear();
        Files.delete(images);
        Files.deleteIfExists(output);
        if (ownScratch) deleteTree(scratch);
    }

    private static void deleteTree(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) Files.delete(path);
        }
    }
}

package dev.tomte.home;

import dev.tomte.linux.Fd;
import dev.tomte.linux.OpenAt;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A home or guest pod of plain namespaces, with the files of this machine below an overlay that ends with it. */
public final class Pod implements AutoCloseable {
    /** Times TOMTE_SLOWNESS, how many times slower this machine is than one of today's; the fleet's Slowness checks it. */
    private static final long COMMAND_SECONDS =
            40L * Integer.parseInt(Objects.requireNonNullElse(System.getenv("TOMTE_SLOWNESS"), "1"));

    private final Process outer;
    private final int stubPid;
    private final Path directory;

    private Pod(Process outer, int stubPid, Path directory) {
        this.outer = outer;
        this.stubPid = stubPid;
        this.directory = directory;
    }

    public static Pod start(Path directory) throws IOException {
        Files.createDirectories(directory);
        Path script = Path.of("src/test/resources/pod.sh").toAbsolutePath();
        Process process = new ProcessBuilder(
                        "unshare",
                        "--pid",
                        "--mount",
                        "--ipc",
                        "--fork",
                        "--kill-child",
                        "sh",
                        script.toString(),
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        if (!"ready".equals(out.readLine())) {
            process.destroyForcibly();
            throw new IOException("the pod did not start");
        }
        long stub = process.children().findFirst().orElseThrow().pid();
        return new Pod(process, (int) stub, directory);
    }

    /** PID 1 of the pod, as this JVM sees it. */
    public int stubPid() {
        return stubPid;
    }

    /** A path of the pod, as this JVM can open it. */
    public Path path(String inside) {
        return Path.of("/proc/" + stubPid + "/root" + inside);
    }

    /** Runs a command as uid 1000 natively in the pod. */
    public Process run(String... command) throws IOException {
        return runAs(1000, command);
    }

    /** The same as that user, who is without capabilities also if it is root. */
    public Process runAs(int user, String... command) throws IOException {
        return enter(user, "/proc/" + stubPid + "/ns/mnt", command);
    }

    /** Runs a command as uid 1000 in the pod, but in that mount namespace. */
    public Process runIn(Fd namespace, String... command) throws IOException {
        return runIn(namespace, 1000, command);
    }

    /** The same as that user, who is without capabilities also if it is root. */
    public Process runIn(Fd namespace, int user, String... command) throws IOException {
        return enter(user, "/proc/" + ProcessHandle.current().pid() + "/fd/" + namespace.value(), command);
    }

    /** Runs a command as root natively in the pod. */
    public Process runAsRoot(String... command) throws IOException {
        List<String> line = new ArrayList<>(List.of(
                "nsenter", "-t", Integer.toString(stubPid), "-p", "-i", "--mount=/proc/" + stubPid + "/ns/mnt"));
        line.addAll(List.of(command));
        return new ProcessBuilder(line).redirectErrorStream(true).start();
    }

    private Process enter(int user, String mounts, String... command) throws IOException {
        List<String> line = new ArrayList<>(
                List.of("nsenter", "-t", Integer.toString(stubPid), "-p", "-i", "--mount=" + mounts, "--", "setpriv"));
        line.addAll(List.of("--reuid=" + user, "--regid=" + user, "--clear-groups", "--bounding-set=-all"));
        // as the stub does
        line.add("--no-new-privs");
        line.addAll(List.of(command));
        return new ProcessBuilder(line).redirectErrorStream(true).start();
    }

    /** Waits for a command and gives what it wrote; it must have succeeded. */
    public static String output(Process process) throws IOException {
        CompletableFuture<Void> watchdog = CompletableFuture.runAsync(
                process::destroyForcibly, CompletableFuture.delayedExecutor(COMMAND_SECONDS, TimeUnit.SECONDS));
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        watchdog.cancel(false);
        if (process.exitValue() != 0) throw new IOException("status " + process.exitValue() + ": " + text);
        return text;
    }

    /** A directory of the pod, opened by root. */
    public Fd open(String inside) {
        try {
            return OpenAt.open(path(inside).toString(), OpenAt.O_PATH | OpenAt.O_DIRECTORY);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        outer.getOutputStream().close();
        try {
            if (!outer.waitFor(10, TimeUnit.SECONDS)) {
                outer.destroyForcibly();
                outer.waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Files.deleteIfExists(directory);
    }
}

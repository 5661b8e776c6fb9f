package dev.tomte.benchmarks.files;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A pod of plain namespaces with this machine's files below an overlay on a tmpfs; as a world, the files natively. */
final class HomePod implements World {
    private final Process outer;
    private final int stub;
    private final Path directory;

    private HomePod(Process outer, int stub, Path directory) {
        this.outer = outer;
        this.stub = stub;
        this.directory = directory;
    }

    static HomePod start(Path directory) throws IOException {
        Files.createDirectories(directory);
        String script;
        try (InputStream in = HomePod.class.getResourceAsStream("pod.sh")) {
            if (in == null) throw new IOException("pod.sh is not in the jar");
            script = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        Process process = new ProcessBuilder(
                        "unshare",
                        "--pid",
                        "--mount",
                        "--fork",
                        "--kill-child",
                        "sh",
                        "-c",
                        script,
                        "sh",
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
        return new HomePod(process, (int) stub, directory);
    }

    /** PID 1 of the pod, as this machine sees it. */
    int stub() {
        return stub;
    }

    /** A path in the pod, as this machine reaches it. */
    Path path(String inside) {
        return Path.of("/proc/" + stub + "/root" + inside);
    }

    @Override
    public List<String> enter() {
        return List.of("nsenter", "-t", Integer.toString(stub), "-p", "-m", "--");
    }

    @Override
    public void close() throws IOException {
        outer.getOutputStream().close();
        try {
            if (!outer.waitFor(10, TimeUnit.SECONDS)) outer.destroyForcibly().waitFor();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        Files.deleteIfExists(directory);
    }
}

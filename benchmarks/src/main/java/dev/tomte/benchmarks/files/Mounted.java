package dev.tomte.benchmarks.files;

import dev.tomte.benchmarks.freeze.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The home pod's files through somebody else's FUSE server: libfuse's passthrough example, or sshfs. */
final class Mounted implements World {
    private final HomePod home;
    private final String where;
    private final boolean programs;
    private final Process server;

    private Mounted(HomePod home, String where, boolean programs, Process server) {
        this.home = home;
        this.where = where;
        this.programs = programs;
        this.server = server;
    }

    /**
     * Mounts it.
     *
     * @param programs whether programs can be started from there
     * @param server a command that serves {@code /} at {@code where}, in the foreground
     */
    static Mounted by(HomePod home, String where, boolean programs, List<String> server)
            throws IOException, InterruptedException {
        Files.createDirectories(home.path(where));
        List<String> line = new ArrayList<>(home.enter());
        line.addAll(server);
        Process process = new ProcessBuilder(line)
                .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Path mounts = Path.of("/proc/" + home.stub() + "/mounts");
        while (!Files.readString(mounts).contains(" " + where + " fuse")) {
            if (!process.isAlive()) throw new IOException(String.join(" ", server) + " has ended");
            TimeUnit.MILLISECONDS.sleep(20);
        }
        List<String> local = new ArrayList<>(home.enter());
        local.addAll(List.of("sh", "-ec", "for d in dev proc; do mount --rbind /$d $0/$d; done", where));
        Shell.run(local);
        return new Mounted(home, where, programs, process);
    }

    @Override
    public List<String> enter() {
        List<String> line = new ArrayList<>(home.enter());
        if (programs) line.addAll(List.of("chroot", where));
        return line;
    }

    @Override
    public boolean hasPrograms() {
        return programs;
    }

    @Override
    public String root() {
        return programs ? "" : where;
    }

    /** As the server does everything in its own name. */
    @Override
    public String user() {
        return "0";
    }

    @Override
    public void close() throws IOException {
        List<String> unmount = new ArrayList<>(home.enter());
        unmount.addAll(List.of("umount", "-R", "-l", where));
        try {
            Shell.run(unmount);
            server.destroy();
            server.waitFor();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}

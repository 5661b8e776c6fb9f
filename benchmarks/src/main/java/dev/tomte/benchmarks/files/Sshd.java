package dev.tomte.benchmarks.files;

import dev.tomte.benchmarks.freeze.Shell;
import java.io.Closeable;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** An SSH server in the home pod, for sshfs. */
final class Sshd implements Closeable {
    private static final Path SERVER = Path.of("/usr/sbin/sshd");
    private static final Path CLIENT = Path.of("/usr/bin/sshfs");
    private static final String KEY = "/bench-key";

    private final Process server;
    private final int port;

    private Sshd(Process server, int port) {
        this.server = server;
        this.port = port;
    }

    static boolean isInstalled() {
        return Files.exists(SERVER) && Files.exists(CLIENT);
    }

    static Sshd start(HomePod home, Path scratch) throws IOException, InterruptedException {
        Path key = scratch.resolve("bench-key");
        Shell.run(List.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key.toString()));
        Path inside = home.path(KEY);
        Files.copy(key, inside, java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
        Files.copy(key.resolveSibling("bench-key.pub"), home.path(KEY + ".pub"));
        Files.createDirectories(home.path("/run/sshd"));
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        List<String> line = new ArrayList<>(home.enter());
        line.addAll(List.of(SERVER.toString(), "-D", "-e", "-f", "/dev/null", "-h", KEY, "-p", "" + port));
        line.addAll(List.of("-o", "AuthorizedKeysFile=" + KEY + ".pub", "-o", "PermitRootLogin=yes"));
        line.addAll(List.of("-o", "StrictModes=no", "-o", "ListenAddress=127.0.0.1", "-o", "UsePAM=no"));
        line.addAll(List.of("-o", "LogLevel=ERROR", "-o", "Subsystem=sftp internal-sftp"));
        Process server = new ProcessBuilder(line)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        return new Sshd(server, port);
    }

    int port() {
        return port;
    }

    /** A fresh mount of the home pod's root; cached as sshfs does by itself. */
    Mounted mount(HomePod home, int port) throws IOException, InterruptedException {
        String options = "allow_other,default_permissions,IdentityFile=" + KEY
                + ",StrictHostKeyChecking=no,UserKnownHostsFile=/dev/null,LogLevel=ERROR";
        return Mounted.by(
                home,
                "/mnt/ssh",
                // the kernel does not take a program's interpreter from there
                false,
                List.of("sshfs", "-f", "-p", "" + port, "-o", options, "root@127.0.0.1:/", "/mnt/ssh"));
    }

    @Override
    public void close() {
        server.destroy();
    }
}

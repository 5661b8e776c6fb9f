package dev.tomte.agent.criu;

import dev.tomte.agent.pod.Pod;
import dev.tomte.linux.Fd;
import dev.tomte.linux.ProcFs;
import dev.tomte.linux.UnixSocket;
import dev.tomte.stub.StandardStream;
import dev.tomte.stub.Streams;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The criu program of the tools directory, run inside of a pod's namespaces by {@code enter}; nothing of it is mounted
 * there. It is in a session and a cgroup of its own, and does not end with the agent.
 */
public final class CriuTool implements Criu {
    private static final Logger LOG = LoggerFactory.getLogger(CriuTool.class);
    private static final Duration HOLD_PATIENCE = Duration.ofSeconds(60);
    /** Descriptors as criu sees them. */
    private static final int IMAGES = 10;

    private static final int LOGS = 11;
    private static final int CGROUP = 12;
    private static final int FEATURES = 13;
    private static final int HOLD = 14;
    private static final int PIPES = 100;

    private final Path tools;
    private final Path kernelFeatures;

    /** @param kernelFeatures a directory on a tmpfs, where criu remembers what the kernel can; made if absent */
    public CriuTool(Path tools, Path kernelFeatures) throws IOException {
        this.tools = tools;
        this.kernelFeatures = Files.createDirectories(kernelFeatures);
    }

    /** criu looks for what the kernel can, and remembers it in the directory. */
    @Override
    public void warm(Place place) {
        try {
            if (isWarm()) return;
            Path logs = logs(place.pod());
            List<String> command = enter(place, logs, logs);
            command.addAll(List.of("--", tools.resolve("criu").toString(), "check"));
            if (awaitEnd(start(command, logs, "check")) != 0)
                LOG.debug("criu's check found something", failure("the check", logs, "check"));
            forget(logs);
        } catch (IOException e) {
            LOG.warn("criu is not warm: {}", e.getMessage());
        }
    }

    private boolean isWarm() throws IOException {
        try (Stream<Path> remembered = Files.list(kernelFeatures)) {
            return remembered.findAny().isPresent();
        }
    }

    @Override
    public void dump(Place place, int root, Path images) throws IOException {
        Pod pod = place.pod();
        Path logs = logs(pod);
        List<String> command = enter(place, images, logs);
        command.addAll(List.of(
                "--open",
                CGROUP + ":" + pod.tree().directory(),
                "--",
                tools.resolve("criu").toString()));
        command.addAll(List.of("dump", "--tree", Integer.toString(root), "--log-file", inLogs("dump.log"), "-v2"));
        command.addAll(
                List.of("--ghost-limit", "64M", "--freeze-cgroup", "/proc/self/fd/" + CGROUP, "--leave-running"));
        command.addAll(common());
        Process criu = start(command, logs, "dump");
        // A dump that is killed can kill the tree: whatever happens here, it is waited for.
        if (awaitEnd(criu) != 0) throw failure("the dump", logs, "dump");
        forget(logs);
    }

    @Override
    public void restore(Place place, Path images, Streams streams, long stdoutInode, long stderrInode, Stand stand)
            throws IOException {
        Path logs = logs(place.pod());
        UnixSocket.Pair hold = UnixSocket.pair();
        try (UnixSocket mine = hold.one();
                UnixSocket criusOwn = hold.other()) {
            List<String> command = enter(place, images, logs);
            command.addAll(List.of(
                    "--last-pid",
                    Integer.toString(Pids.apartFrom(images)),
                    "--fd",
                    criusOwn.fd().value() + ":" + HOLD));
            List<String> inherit = new ArrayList<>();
            for (StandardStream stream : StandardStream.values()) {
                int number = PIPES + stream.number();
                Fd pipe = streams.pipe(stream).write();
                command.addAll(List.of("--fd", pipe.value() + ":" + number));
                long inode = stream == StandardStream.OUT ? stdoutInode : stderrInode;
                inherit.addAll(List.of("--inherit-fd", "fd[" + number + "]:pipe:[" + inode + "]"));
            }
            command.addAll(List.of("--", tools.resolve("criu").toString(), "restore", "--restore-detached"));
            command.addAll(List.of("--log-file", inLogs("restore.log"), "-v2", "--hold-fd", Integer.toString(HOLD)));
            command.addAll(inherit);
            command.addAll(common());
            Process criu = start(command, logs, "restore");
            hold(criu, mine, criusOwn, stand, logs);
        }
        forget(logs);
        giveBackPids(place.pod(), Pids.last(images));
    }

    /** criu dies, and what it has restored with it, when our end of the socket is closed without an answer. */
    private void hold(Process criu, UnixSocket mine, UnixSocket criusOwn, Stand stand, Path logs) throws IOException {
        Thread.ofVirtual().start(() -> {
            // If it ends before it stands, nobody else would tell.
            criu.onExit().join();
            mine.shutdown();
        });
        mine.receiveTimeout(HOLD_PATIENCE);
        boolean stands;
        try (UnixSocket.Message message = mine.receive(16).orElse(null)) {
            stands = message != null && message.bytes().length == 1 && message.bytes()[0] == 'h';
        }
        criusOwn.close();
        if (!stands) {
            criu.destroyForcibly();
            awaitEnd(criu);
            throw failure("the restore", logs, "restore");
        }
        try {
            stand.hold(tools(criu));
        } catch (IOException e) {
            mine.shutdown();
            awaitEnd(criu);
            throw e;
        }
        mine.send(new byte[] {'y'}, List.of());
        if (awaitEnd(criu) != 0) throw failure("the restore", logs, "restore");
    }

    /**
     * The tree's next children get PIDs after its own again, not after criu's: those are to stay free for the next move.
     * Nothing waits for it.
     */
    private static void giveBackPids(Pod pod, int last) {
        try {
            new ProcessBuilder(
                            "nsenter",
                            "--pid=/proc/" + pod.stubPid() + "/ns/pid",
                            "sh",
                            "-c",
                            "echo " + last + " > /proc/sys/kernel/ns_last_pid")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            LOG.warn("PIDs of {} are not given back: {}", pod.id(), e.getMessage());
        }
    }

    private static Set<Integer> tools(Process enter) {
        Set<Integer> tools = new HashSet<>();
        tools.add((int) enter.pid());
        tools.addAll(new ProcFs((int) enter.pid()).children());
        return tools;
    }

    private List<String> enter(Place place, Path images, Path logs) {
        Pod pod = place.pod();
        String uid = Integer.toString(pod.record().launch().uid());
        List<String> command = new ArrayList<>(
                List.of(tools.resolve("enter").toString(), "--pid", Integer.toString(pod.stubPid()), "--setsid"));
        command.addAll(List.of("--from", Long.toString(ProcessHandle.current().pid())));
        command.addAll(List.of(
                "--ruid",
                uid,
                "--rgid",
                uid,
                "--cgroup",
                pod.tools().directory().toString()));
        Fd mounts = place.mounts();
        if (mounts != null) command.addAll(List.of("--mnt-fd", Integer.toString(mounts.value())));
        command.addAll(List.of("--open", IMAGES + ":" + images, "--open", LOGS + ":" + logs));
        command.addAll(List.of("--open", FEATURES + ":" + kernelFeatures));
        return command;
    }

    private static List<String> common() {
        return List.of(
                "--images-dir",
                "/proc/self/fd/" + IMAGES,
                "--file-locks",
                "--link-remap",
                "--manage-cgroups=ignore",
                "--network-lock",
                "skip");
    }

    private static String inLogs(String name) {
        return "/proc/self/fd/" + LOGS + "/" + name;
    }

    private static Path logs(Pod pod) throws IOException {
        return Files.createDirectories(pod.directory().resolve("criu"));
    }

    private static Process start(List<String> command, Path logs, String what) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectInput(new File("/dev/null"))
                .redirectErrorStream(true)
                .redirectOutput(logs.resolve(what + ".out").toFile());
        builder.environment().put("CRIU_KDAT_DIR", "/proc/self/fd/" + FEATURES);
        return builder.start();
    }

    /** Not to be interrupted: the interruption is kept for later. */
    private static int awaitEnd(Process criu) {
        boolean interrupted = false;
        while (true) {
            try {
                int code = criu.waitFor();
                if (interrupted) Thread.currentThread().interrupt();
                return code;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
    }

    /** What criu calls errors, which names files and kinds, never content. */
    private static IOException failure(String what, Path logs, String name) {
        List<String> said = new ArrayList<>();
        for (String file : List.of(name + ".log", name + ".out")) {
            try (Stream<String> lines = Files.lines(logs.resolve(file), StandardCharsets.ISO_8859_1)) {
                lines.filter(line -> file.endsWith(".out") || line.contains("Error"))
                        .map(line -> line.replaceFirst("^\\([0-9.]+\\) *", "").strip())
                        .limit(4)
                        .forEach(said::add);
            } catch (IOException | RuntimeException e) {
                LOG.debug("no {}", file, e);
            }
        }
        forget(logs);
        String words = said.isEmpty() ? "criu says nothing" : String.join("; ", said);
        return new IOException(what + " failed: " + (words.length() > 800 ? words.substring(0, 800) : words));
    }

    private static void forget(Path logs) {
        try (Stream<Path> all = Files.list(logs)) {
            for (Path one : all.toList()) Files.deleteIfExists(one);
        } catch (IOException e) {
            LOG.warn("criu's logs in {} stay: {}", logs, e.getMessage());
        }
    }
}

package dev.tomte.agent.criu;

import dev.tomte.agent.pod.Pod;
import dev.tomte.linux.Cgroup;
import dev.tomte.linux.Fd;
import dev.tomte.linux.ProcFs;
import dev.tomte.stub.StandardStream;
import dev.tomte.stub.Streams;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The criu program of the tools directory, run inside of a pod's namespaces by {@code enter}; nothing of it is mounted
 * there. It is in a session and a cgroup of its own, and does not end with the agent once it works.
 */
public final class CriuTool implements Criu {
    private static final Logger LOG = LoggerFactory.getLogger(CriuTool.class);
    /** The first at a host looks for what the kernel can. */
    private static final Duration READY_PATIENCE = Duration.ofSeconds(20);

    /** What takes processors and can wait does not do so while a process stands still. */
    private static final Executor WHEN_IT_RUNS = CompletableFuture.delayedExecutor(100, TimeUnit.MILLISECONDS);

    private static final Duration HOLD_PATIENCE = Duration.ofSeconds(60);
    /** Descriptors as criu sees them. */
    private static final int IMAGES = 10;

    private static final int LOGS = 11;
    private static final int CGROUP = 12;
    private static final int FEATURES = 13;
    private static final int SOCKET = 14;
    private static final int PIPES = 100;
    private static final int STDIN = PIPES;
    private static final int FILES = 200;

    private final Path tools;
    private final Path kernelFeatures;

    /** @param kernelFeatures a directory on a tmpfs, where criu remembers what the kernel can; made if absent */
    public CriuTool(Path tools, Path kernelFeatures) throws IOException {
        this.tools = tools;
        this.kernelFeatures = Files.createDirectories(kernelFeatures);
    }

    @Override
    public Dump readyDump(Place place, int root, Path images) throws IOException {
        CriuProcess criu = start("dump", place, socket -> {
            List<String> command = enter(place, place.pod().dumps(), images, socket);
            command.addAll(List.of("--", tools.resolve("criu").toString(), "dump", "--tree", Integer.toString(root)));
            command.addAll(List.of("--ghost-limit", "64M", "--leave-running", "--freeze-cgroup", fd(CGROUP)));
            command.addAll(common("dump"));
            // else it would refuse them; none of its restores takes one
            command.add("--file-locks");
            return command;
        });
        return new Dump() {
            private char go = CriuProcess.GO;

            @Override
            public void leaveMemory() {
                go = CriuProcess.GO_WITHOUT_MEMORY;
            }

            @Override
            public void run() throws IOException {
                criu.tell(go);
                // one that is killed can kill the tree: whatever happens here, it is waited for
                if (!criu.says(CriuProcess.WRITTEN)) throw criu.failure();
            }

            @Override
            public void end() throws IOException {
                criu.awaitSuccess();
            }

            @Override
            public void close() {
                criu.close();
            }
        };
    }

    @Override
    public Restore readyRestore(Place place, Path images, Streams streams, PipeInodes inodes) throws IOException {
        try {
            return new WaitingRestore(place, images, streams, inodes);
        } catch (IOException | RuntimeException e) {
            streams.close();
            throw e;
        }
    }

    private final class WaitingRestore implements Restore {
        private final Place place;
        private final Path images;
        private final Streams streams;
        private final PipeInodes inodes;
        private CriuProcess criu;
        private int last = Pids.FIRST_OURS;
        private List<TaskFile> files = List.of();

        WaitingRestore(Place place, Path images, Streams streams, PipeInodes inodes) throws IOException {
            this.place = place;
            this.images = images;
            this.streams = streams;
            this.inodes = inodes;
            criu = start("restore", place, this::command);
        }

        private List<String> command(int socket) throws IOException {
            List<String> command = enterToMake(place, images, socket, streams, last);
            List<String> inherit = new ArrayList<>();
            if (streams.in() != null) inherit.addAll(pipe(STDIN, inodes.in()));
            inherit.addAll(pipe(PIPES + StandardStream.OUT.number(), inodes.out()));
            inherit.addAll(pipe(PIPES + StandardStream.ERR.number(), inodes.err()));
            int number = FILES;
            for (TaskFile file : files) {
                command.addAll(List.of("--fd", file.file().value() + ":" + number));
                inherit.addAll(
                        List.of("--inherit-fd", "fd[" + number + "]:task[" + file.pid() + ":" + file.number() + "]"));
                number++;
            }
            command.addAll(List.of("--", tools.resolve("criu").toString(), "restore", "--restore-detached"));
            command.addAll(
                    List.of("--hold-fd", Integer.toString(SOCKET), "--tree-cgroup-fd", Integer.toString(CGROUP)));
            command.addAll(inherit);
            command.addAll(common("restore"));
            return command;
        }

        private static List<String> pipe(int number, long inode) {
            return List.of("--inherit-fd", "fd[" + number + "]:pipe:[" + inode + "]");
        }

        @Override
        public void run(List<TaskFile> files, Stand stand) throws IOException {
            Pids taken = Pids.of(images);
            boolean apart = taken.areApartFrom(last);
            if (!apart || !files.isEmpty()) {
                criu.close();
                if (!apart) last = taken.apart();
                this.files = List.copyOf(files);
                criu = start("restore", place, this::command);
            }
            criu.tell(CriuProcess.GO);
            if (!criu.says(CriuProcess.HOLDS, HOLD_PATIENCE)) {
                IOException failure = criu.failure();
                criu.kill();
                throw failure;
            }
            stand.hold();
            criu.tell(CriuProcess.LET_GO);
            criu.awaitSuccess();
            WHEN_IT_RUNS.execute(() -> giveBackPids(place.pod(), taken.last()));
        }

        @Override
        public void close() {
            criu.close();
            streams.close();
        }
    }

    @Override
    public Restore readyBegin(Place place, Path images, Streams streams, int pid) {
        return new Beginning(place, images, streams, pid);
    }

    /** A program that has run nowhere yet. Nothing of it can be made ready: what it is comes with the images. */
    private final class Beginning implements Restore {
        private final Place place;
        private final Path images;
        private final Streams streams;
        private final int pid;

        Beginning(Place place, Path images, Streams streams, int pid) {
            this.place = place;
            this.images = images;
            this.streams = streams;
            this.pid = pid;
        }

        @Override
        public void run(List<TaskFile> files, Stand stand) throws IOException {
            if (!files.isEmpty()) throw new IOException("what has not begun has no open files");
            Program program = Program.read(images);
            try (CriuProcess begin = CriuProcess.start(
                    "begin",
                    Files.createDirectories(logs(place.pod())),
                    new CriuProcess.Environment(program.environment(), true),
                    socket -> command(program, socket),
                    HOLD_PATIENCE)) {
                stand.hold();
                begin.tell(CriuProcess.LET_GO);
                begin.awaitSuccess();
            }
            giveBackPids(place.pod(), Pids.FIRST_FREE);
        }

        private List<String> command(Program program, int socket) throws IOException {
            List<String> command = enterToMake(place, images, socket, streams, Pids.FIRST_OURS);
            int user = place.pod().record().launch().uid();
            command.addAll(List.of("--", tools.resolve("begin").toString()));
            for (int number : List.of(
                    CGROUP,
                    SOCKET,
                    streams.in() == null ? 0 : STDIN,
                    PIPES + StandardStream.OUT.number(),
                    PIPES + StandardStream.ERR.number(),
                    pid,
                    user,
                    user)) command.add(Integer.toString(number));
            command.add(program.cwd());
            command.addAll(program.command());
            return command;
        }

        @Override
        public void close() {
            streams.close();
        }
    }

    /** What makes a tree: the tree is born in the pod's groups, and has the pod's streams. */
    private List<String> enterToMake(Place place, Path images, int socket, Streams streams, int lastPid)
            throws IOException {
        List<String> command = enter(place, place.pod().tools(), images, socket);
        for (Path beside : place.pod().besides()) command.addAll(1, List.of("--cgroup", beside.toString()));
        command.addAll(List.of("--last-pid", Integer.toString(lastPid)));
        Fd in = streams.in();
        if (in != null) command.addAll(List.of("--fd", in.value() + ":" + STDIN));
        for (StandardStream stream : StandardStream.values()) {
            Fd pipe = streams.pipe(stream).write();
            command.addAll(List.of("--fd", pipe.value() + ":" + (PIPES + stream.number())));
        }
        return command;
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

    private static CriuProcess start(String what, Place place, CriuProcess.Command command) throws IOException {
        var environment = new CriuProcess.Environment(Map.of("CRIU_KDAT_DIR", fd(FEATURES)), false);
        return CriuProcess.start(
                what, Files.createDirectories(logs(place.pod())), environment, command, READY_PATIENCE);
    }

    /** The process's user or group is the stub's: its limits are told to its own user only, where there is no privilege. */
    private static String real(ProcFs stub, String which) throws IOException {
        return stub.status(which)
                .orElseThrow(() -> new IOException("the pod's stub has ended"))
                .split("\\s+", -1)[0];
    }

    private List<String> enter(Place place, Cgroup cgroup, Path images, int socket) throws IOException {
        Pod pod = place.pod();
        ProcFs stub = new ProcFs(pod.stubPid());
        List<String> command = new ArrayList<>(
                List.of(tools.resolve("enter").toString(), "--pid", Integer.toString(pod.stubPid()), "--setsid"));
        command.addAll(List.of("--from", Long.toString(ProcessHandle.current().pid())));
        command.addAll(List.of("--ruid", real(stub, "Uid"), "--rgid", real(stub, "Gid")));
        command.addAll(List.of("--cgroup", cgroup.directory().toString()));
        Fd mounts = place.mounts();
        if (mounts != null) command.addAll(List.of("--mnt-fd", Integer.toString(mounts.value())));
        command.addAll(List.of("--open", IMAGES + ":" + images, "--open", LOGS + ":" + logs(pod)));
        command.addAll(List.of("--open", CGROUP + ":" + pod.tree().directory()));
        command.addAll(List.of("--open", FEATURES + ":" + kernelFeatures, "--fd", socket + ":" + SOCKET));
        return command;
    }

    private static List<String> common(String what) {
        return List.of(
                "--wait-fd",
                Integer.toString(SOCKET),
                "--log-file",
                fd(LOGS) + "/" + what + ".log",
                "-v2",
                "--images-dir",
                fd(IMAGES),
                "--link-remap",
                "--manage-cgroups=ignore",
                "--network-lock",
                "skip");
    }

    private static String fd(int number) {
        return "/proc/self/fd/" + number;
    }

    private static Path logs(Pod pod) {
        return pod.directory().resolve("criu");
    }
}

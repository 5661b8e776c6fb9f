package dev.tomte.stub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.linux.Cgroup;
import dev.tomte.linux.Pipe;
import dev.tomte.linux.UnixSocket;
import dev.tomte.linux.Vfork;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** One side of a move: a pod, its stub, its cgroups, and criu's commands (criu/README.md). */
record Side(Pod pod, StubConnection stub, Cgroup tree, Cgroup restoring, Path memory) {
    static final Path CRIU = Path.of(System.getenv().getOrDefault("TOMTE_TOOLS", "/var/lib/tomte/tools"), "criu");
    static final Duration PATIENCE = Duration.ofSeconds(20);

    /** A restored tree that waits: who waits for it must tell criu or close. */
    record Held(Process enter, UnixSocket decision) {}

    private void freeze() throws Exception {
        for (boolean vfork = true; vfork; ) {
            tree.freeze();
            assertTrue(tree.awaitFrozen(true, PATIENCE));
            vfork = false;
            for (int pid : tree.processes()) vfork |= Vfork.waits(pid);
            if (vfork) {
                tree.thaw();
                Thread.sleep(1);
            }
        }
    }

    private Process enter(List<String> options, List<String> criu, Path images) throws IOException {
        List<String> command = new ArrayList<>(List.of("build/enter", "--pid", "" + pod.stubPid(), "--setsid"));
        command.addAll(List.of("--ruid", "1000", "--rgid", "1000", "--from"));
        command.addAll(List.of("" + ProcessHandle.current().pid(), "--open", "10:" + images));
        command.addAll(List.of("--open", "13:" + memory));
        command.addAll(options);
        command.addAll(List.of("--", CRIU.toString()));
        command.addAll(criu);
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(images.resolve("enter.log").toFile());
        builder.environment().put("CRIU_KDAT_DIR", "/proc/self/fd/13");
        return builder.start();
    }

    void dump(int root, Path images) throws Exception {
        Files.createDirectory(images);
        freeze();
        List<String> criu = new ArrayList<>(List.of("dump", "-t", "" + root, "-D", "/proc/self/fd/10"));
        criu.addAll(List.of("-o", "dump.log", "-v2", "--file-locks", "--link-remap", "--ghost-limit", "64M"));
        criu.addAll(List.of("--manage-cgroups=ignore", "--network-lock", "skip", "--leave-running"));
        criu.addAll(List.of("--freeze-cgroup", "/proc/self/fd/11"));
        Process enter = enter(List.of("--open", "11:" + tree.directory()), criu, images);
        assertEquals(0, enter.onExit().get().exitValue(), () -> log(images, "dump.log"));
        assertTrue(tree.isFrozen());
        assertTrue(Files.exists(memory.resolve("criu.kdat")));
    }

    /** Restores what was dumped at {@code from}, to the point at which it could run. */
    Held restore(Side from, Path images) throws Exception {
        UnixSocket.Pair hold = UnixSocket.pair();
        try (Streams old = from.stub.streams();
                Streams here = stub.streams();
                UnixSocket far = hold.other()) {
            List<String> options = new ArrayList<>(List.of("--last-pid", "30000"));
            options.addAll(List.of("--cgroup", restoring.directory().toString()));
            options.addAll(List.of("--fd", far.fd().value() + ":12"));
            List<String> criu = new ArrayList<>(List.of("restore", "--restore-detached", "-D", "/proc/self/fd/10"));
            criu.addAll(List.of("-o", "restore.log", "-v2", "--file-locks", "--link-remap"));
            criu.addAll(List.of("--manage-cgroups=ignore", "--network-lock", "skip", "--hold-fd", "12"));
            int number = 100;
            for (StandardStream stream : StandardStream.values()) {
                options.addAll(List.of("--fd", here.pipe(stream).write().value() + ":" + number));
                String pipe = "pipe:[" + old.pipe(stream).inode() + "]";
                criu.addAll(List.of("--inherit-fd", "fd[" + number++ + "]:" + pipe));
            }
            Process enter = enter(options, criu, images);
            hold.one().receiveTimeout(PATIENCE);
            try (UnixSocket.Message held =
                    hold.one().receive(16).orElseThrow(() -> new AssertionError(log(images, "restore.log")))) {
                assertArrayEquals(new byte[] {'h'}, held.bytes());
            }
            return new Held(enter, hold.one());
        }
    }

    /** The restored tasks: all in the cgroup but enter and criu. */
    List<Integer> tasks(Held held) throws IOException {
        Process enter = held.enter();
        List<Long> criu = Stream.concat(
                        Stream.of(enter.pid()), enter.toHandle().children().map(ProcessHandle::pid))
                .toList();
        return restoring.processes().stream()
                .filter(pid -> !criu.contains((long) pid))
                .toList();
    }

    /** Takes the tree over from criu: it stands still in its frozen cgroup. */
    void settle(Held held, int root, Path images) throws Exception {
        tree.freeze();
        List<Integer> tasks = tasks(held);
        for (int task : tasks) tree.add(task);
        held.decision().send(new byte[] {'y'}, List.of());
        assertEquals(0, held.enter().onExit().get().exitValue(), () -> log(images, "restore.log"));
        held.decision().close();
        stub.adopt(root);
        assertTrue(tree.awaitFrozen(true, PATIENCE));
        assertEquals(tasks, tree.processes());
        assertEquals(List.of(), restoring.processes());
    }

    /** What is in the pipe of stdout, which stays in it. */
    byte[] unread() throws IOException {
        try (Streams streams = stub.streams();
                Pipe copy = Pipe.create();
                FileInputStream in = new FileInputStream(copy.read().path())) {
            return in.readNBytes(Pipe.tee(streams.out().read(), copy.write(), 65536));
        }
    }

    private static String log(Path images, String name) {
        try {
            Path log = images.resolve(name);
            return (Files.exists(log) ? Files.readString(log) : "") + Files.readString(images.resolve("enter.log"));
        } catch (IOException e) {
            return e.toString();
        }
    }
}

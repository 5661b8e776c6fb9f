package dev.tomte.agent.kubernetes;

import dev.tomte.agent.pod.Pod;
import dev.tomte.agent.pod.PodRecord;
import dev.tomte.agent.pod.TestHost;
import dev.tomte.contracts.Request.Launch;
import dev.tomte.linux.Cgroup;
import dev.tomte.linux.Controller;
import dev.tomte.linux.ProcFs;
import dev.tomte.stub.StubKind;
import dev.tomte.stub.StubSocket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A container as runtimes make it where cgroups are of version 2 only: its cgroup is the root of those that it sees, and
 * has the bound of its memory. All else of it is a fleet's pod.
 */
final class TestContainer implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int USER = 1000;

    private final String id;
    private final StubKind kind;
    private final Cgroup pods;
    private final Cgroup cgroup;
    private final Cgroup ours;
    private final Path directory;
    private final Process started;

    /** @param id of 64 digits, as runtimes have it */
    TestContainer(TestHost host, String id, StubKind kind) throws IOException, InterruptedException {
        this.id = id;
        this.kind = kind;
        pods = host.host().cgroup().child("kubepods");
        cgroup = pods.child("cri-containerd-" + id + ".scope").create();
        ours = host.host().cgroup().child("tomte").child(id);
        directory = Files.createDirectory(host.host().run().resolve(id.substring(0, 8)));
        Files.createDirectory(directory.resolve("root"));
        Path ctl = Files.createDirectory(directory.resolve("ctl"));
        Files.setAttribute(ctl, "unix:uid", USER);
        started = new ProcessBuilder(
                        "sh",
                        "-c",
                        "echo 0 > \"$0/cgroup.procs\"; exec unshare --cgroup \"$@\"",
                        cgroup.directory().toString(),
                        TestHost.tools().resolve("pod").toString(),
                        host.root().toString(),
                        directory.toString(),
                        host.host().name(),
                        TestHost.tools().toString(),
                        kind == StubKind.HOME ? "home" : "guest",
                        Integer.toString(USER),
                        Integer.toString(USER))
                .redirectErrorStream(true)
                .redirectOutput(log().toFile())
                .start();
        while (!Files.exists(ctl.resolve("stub.sock")) || !Files.exists(directory.resolve("pid"))) {
            if (!started.isAlive())
                throw new IOException("the container ended at its start: " + Files.readString(log()));
            Thread.sleep(5);
        }
    }

    private Path log() {
        return directory.resolveSibling(directory.getFileName() + ".log");
    }

    Cgroup cgroup() {
        return cgroup;
    }

    int stubPid() throws IOException {
        return Integer.parseInt(Files.readString(directory.resolve("pid")).strip());
    }

    /** Bounds its memory, where the v2 hierarchy has that controller. */
    void bound(long bytes) throws IOException {
        Optional<Controller> memory = Controller.find("memory").filter(Controller::isV2);
        if (memory.isEmpty()) return;
        memory.get().enable(pods.directory());
        write("memory.max", Long.toString(bytes));
        // as the kubelet has it: the end of one is the end of all
        write("memory.oom.group", "1");
    }

    /** How many processes have been killed because of that bound. */
    long killedForMemory() throws IOException {
        Path events = cgroup.directory().resolve("memory.events");
        if (!Files.exists(events)) return 0;
        return Files.readAllLines(events).stream()
                .filter(line -> line.startsWith("oom_kill "))
                .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(' ') + 1)))
                .sum();
    }

    private void write(String file, String value) throws IOException {
        Files.writeString(cgroup.directory().resolve(file), value, StandardOpenOption.WRITE);
    }

    Pod pod() throws IOException {
        int pid = stubPid();
        PodRecord record = new PodRecord(
                "c-" + id.substring(0, 8),
                kind,
                "p-test",
                "h-test",
                new Launch("test", List.of("true"), Map.of(), "/home/tomte", USER),
                pid,
                new ProcFs(pid).startTime().orElseThrow(),
                false,
                Instant.now());
        Pod pod = new Container(id, pid)
                .pod(record, directory, new StubSocket.At(directory.resolve("ctl/stub.sock")), ours);
        pod.tree().create();
        pod.tools().create();
        pod.dumps().create();
        return pod;
    }

    @Override
    public void close() throws IOException {
        cgroup.remove(PATIENCE);
        ours.remove(PATIENCE);
        started.destroyForcibly();
    }
}

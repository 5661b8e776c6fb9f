package dev.tomte.agent.pod;

import dev.tomte.contracts.Names;
import dev.tomte.contracts.Request.Launch;
import dev.tomte.linux.ProcFs;
import dev.tomte.stub.StandardStream;
import dev.tomte.stub.StubKind;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Pods of a fleet on one machine: namespaces as a container runtime makes them, and the stub without privilege. */
public final class FleetPods implements PodRuntime {
    private static final Logger LOG = LoggerFactory.getLogger(FleetPods.class);
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int NOBODY = 65534;

    private final FleetHost host;
    private final HostCgroups cgroups;

    public FleetPods(FleetHost host) throws IOException {
        this.host = host;
        cgroups = new HostCgroups(host.cgroup(), host.guestMemory());
        Files.createDirectories(host.pods());
        Files.createDirectories(host.logs());
    }

    @Override
    public Pod makeHome(String process, Launch launch) throws IOException {
        String id = Names.fresh("h");
        Path log = ownLog(process, StandardStream.OUT);
        Path errors = launch.streams() == Launch.Streams.LOG ? log : ownLog(process, StandardStream.ERR);
        return make(id, StubKind.HOME, process, id, launch, log, errors);
    }

    @Override
    public Pod makeGuest(String process, String incarnation, Launch launch, long memory) throws IOException {
        String id = Names.fresh("g");
        Path log = host.pods().resolve(id + "/log");
        return make(id, StubKind.GUEST, process, incarnation, launch, log, log);
    }

    private Pod make(String id, StubKind kind, String process, String incarnation, Launch launch, Path log, Path errors)
            throws IOException {
        Path directory = host.pods().resolve(id);
        Pod draft = cgroups.pod(
                new PodRecord(id, kind, process, incarnation, launch, 0, 0, false, Instant.now()), directory);
        try {
            prepare(draft);
            // Written before there is anything to find again: an agent that dies now leaves a pod that can be removed.
            PodRecords.write(draft);
            Process started = run(draft, log, errors);
            Pod pod = awaitStub(draft, started, errors);
            PodRecords.write(pod);
            own(directory.resolve("ctl"), NOBODY, "rwx--x--x");
            return pod;
        } catch (IOException | RuntimeException e) {
            remove(draft);
            throw e;
        }
    }

    @Override
    public void fit(Pod pod, long memory) {
        // a host of a fleet promises nothing to one pod: all guests share its bound
    }

    @Override
    public boolean hasRunOutOfMemory(Pod guest) {
        // all guests share one bound: whose kill it was is not told
        return false;
    }

    @Override
    public void runOutOfMemory(Pod home) {
        // nobody tells why a fleet's pod has ended but its status
    }

    private void prepare(Pod pod) throws IOException {
        Files.createDirectory(pod.directory(), PosixFilePermissions.asFileAttribute(permissions("rwx--x--x")));
        Files.createDirectory(pod.directory().resolve("root"));
        Path ctl = Files.createDirectory(pod.directory().resolve("ctl"));
        own(ctl, pod.record().launch().uid(), "rwx------");
        cgroups.create(pod);
    }

    /** The pod must not be this JVM's in any way that ends with it: own session, no pipes to it. */
    private Process run(Pod pod, Path log, Path errors) throws IOException {
        String uid = Integer.toString(pod.record().launch().uid());
        List<String> command = new ArrayList<>(List.of(
                host.tools().resolve("pod").toString(),
                host.root().toString(),
                pod.directory().toString(),
                host.name(),
                host.tools().toString(),
                pod.record().kind().name().toLowerCase(Locale.ROOT),
                uid,
                uid,
                "--cgroup",
                pod.cgroup().child("stub").directory().toString()));
        for (Path beside : pod.besides()) command.addAll(List.of("--cgroup", beside.toString()));
        for (String hidden : host.hidden()) command.addAll(List.of("--hide", hidden));
        return new ProcessBuilder(command)
                .redirectInput(new File("/dev/null"))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile()))
                .start();
    }

    private Pod awaitStub(Pod draft, Process started, Path log) throws IOException {
        Path pidFile = draft.directory().resolve("pid");
        Path socket = draft.directory().resolve("ctl/stub.sock");
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!Files.exists(socket) || !Files.exists(pidFile)) {
            if (!started.isAlive()) throw new IOException("the pod ended at its start: " + lastWords(log));
            if (System.nanoTime() - end > 0) {
                started.destroyForcibly();
                throw new IOException("the pod's stub does not come up: " + lastWords(log));
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        int pid = Integer.parseInt(Files.readString(pidFile).strip());
        long start = new ProcFs(pid)
                .startTime()
                .orElseThrow(() -> new IOException("the pod ended at its start: " + lastWords(log)));
        PodRecord record = draft.record();
        Pod pod = cgroups.pod(
                new PodRecord(
                        record.id(),
                        record.kind(),
                        record.process(),
                        record.incarnation(),
                        PreferredDirectory.settle(record.launch(), pid),
                        pid,
                        start,
                        false,
                        record.made()),
                draft.directory());
        pod.connect(event -> {}).close();
        return pod;
    }

    private static String lastWords(Path log) {
        try (Stream<String> lines = Files.lines(log)) {
            List<String> all = lines.map(String::strip).toList();
            String last = String.join(" ", all.subList(Math.max(0, all.size() - 3), all.size()));
            return last.isEmpty() ? "it says nothing" : last;
        } catch (IOException | UncheckedIOException e) {
            return "it says nothing";
        }
    }

    @Override
    public List<Pod> find() throws IOException {
        List<Pod> pods = new ArrayList<>();
        for (PodRecords.Found found : PodRecords.in(host.pods()))
            found.record()
                    .ifPresentOrElse(
                            record -> pods.add(cgroups.pod(record, found.directory())),
                            () -> discard(found.directory()));
        return pods;
    }

    /** A pod that died while it was made: nobody was told of it. */
    private void discard(Path directory) {
        try {
            cgroups.remove(directory.getFileName().toString(), PATIENCE);
            PodRecords.delete(directory);
        } catch (IOException e) {
            LOG.warn("cannot remove {}: {}", directory, e.getMessage());
        }
    }

    /** The whole pod is in its cgroup: killing that ends it, and its namespaces and mounts with it. */
    @Override
    public void remove(Pod pod) throws IOException {
        cgroups.remove(pod, PATIENCE);
        PodRecords.delete(pod.directory());
    }

    @Override
    public String guestLimits() {
        return cgroups.words();
    }

    /** Takes down the host's own cgroups, when all its pods have been removed. */
    public void close() throws IOException {
        cgroups.close(PATIENCE);
    }

    @Override
    public Optional<Path> log(String process, StandardStream stream) {
        return Optional.of(ownLog(process, stream));
    }

    private Path ownLog(String process, StandardStream stream) {
        return host.logs().resolve(process + (stream == StandardStream.OUT ? ".log" : ".errors"));
    }

    private static void own(Path path, int uid, String mode) throws IOException {
        Files.setAttribute(path, "unix:uid", uid);
        Files.setAttribute(path, "unix:gid", uid);
        Files.setPosixFilePermissions(path, permissions(mode));
    }

    private static Set<PosixFilePermission> permissions(String mode) {
        return PosixFilePermissions.fromString(mode);
    }
}

package dev.tomte.agent.kubernetes;

import dev.tomte.agent.pod.Pod;
import dev.tomte.agent.pod.PodRecord;
import dev.tomte.agent.pod.PodRecords;
import dev.tomte.agent.pod.PodRuntime;
import dev.tomte.contracts.Names;
import dev.tomte.contracts.PodMarks;
import dev.tomte.contracts.Request.Launch;
import dev.tomte.linux.Cgroup;
import dev.tomte.linux.ProcFs;
import dev.tomte.stub.StandardStream;
import dev.tomte.stub.StubKind;
import dev.tomte.stub.StubSocket;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.KubernetesClientTimeoutException;
import io.fabric8.kubernetes.client.dsl.PodResource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Pods of one node of a cluster. */
public final class KubernetesPods implements PodRuntime {
    private static final Logger LOG = LoggerFactory.getLogger(KubernetesPods.class);
    /** Shorter than the service waits for a host to make room. */
    private static final Duration PATIENCE = Duration.ofSeconds(18);

    /** Ours: a kubelet tells of a container's end within two seconds. */
    private static final Duration TOLD_WITHIN = Duration.ofSeconds(5);

    /** File of a guest pod's directory: NAMESPACE/NAME. */
    private static final String NAME = "name";

    private final KubernetesClient cluster;
    private final String node;
    private final Path directory;
    private final String stubImage;
    private final ContainerImages images;
    private final GuestResize resizing;
    /** Names of guest pods that are not needed any more: their end is nobody's notice to leave. */
    private final Set<String> removed = ConcurrentHashMap.newKeySet();

    /**
     * @param directory on the node's tmpfs, which outlives the agent's own pod
     * @param stubImage the image that holds the stub, at /stub
     */
    public KubernetesPods(KubernetesClient cluster, String node, Path directory, String stubImage) throws IOException {
        this.cluster = cluster;
        this.node = node;
        this.directory = Files.createDirectories(directory);
        this.stubImage = stubImage;
        resizing = new GuestResize(cluster);
        // the agent sees the node's processes, and so the node's files
        images = new ContainerImages(Path.of("/proc/1/root"));
    }

    @Override
    public Pod makeHome(String process, Launch launch) throws IOException {
        throw new IOException("a process of a cluster begins with its pod: kubectl apply");
    }

    /**
     * A user's pod that is to be the home of a process: its stub waits to be told to start it.
     *
     * @return empty if its container is not there (any more)
     */
    Optional<Pod> home(io.fabric8.kubernetes.api.model.Pod pod, String containerId) throws IOException {
        Optional<Container> container = Container.find(containerId);
        if (container.isEmpty()) return Optional.empty();
        Container there = container.get();
        there.awaitListening();
        ProcFs stub = new ProcFs(there.pid());
        List<String> command = StubCommand.of(stub, () -> images.start(imageOf(pod, containerId)));
        String name = Names.label("pod", pod.getMetadata().getName());
        // one life of the container is one life of a process
        String life = containerId.substring(0, Math.min(20, containerId.length()));
        Launch launch = new Launch(
                name,
                pod.getMetadata().getNamespace(),
                command,
                Map.of(),
                stub.link("cwd").orElse("/"),
                Integer.parseInt(stub.status("Uid").orElse("0").split("\\s+", -1)[0]),
                Marks.isShared(pod),
                Launch.Begins.HOME);
        String process = name.substring(0, Math.min(40, name.length())) + "-" + life.substring(0, 10);
        return Optional.of(taken(
                new PodRecord("h-" + life, StubKind.HOME, process, "h-" + life, launch, 0, 0, true, Instant.now()),
                there));
    }

    private static String imageOf(io.fabric8.kubernetes.api.model.Pod pod, String containerId) throws IOException {
        return statuses(pod)
                .filter(status -> id(status).anyMatch(containerId::equals))
                .map(ContainerStatus::getImageID)
                .filter(image -> image != null && !image.isEmpty())
                .findFirst()
                .orElseThrow(() -> new IOException("it is not known which image it runs"));
    }

    @Override
    public Pod makeGuest(String process, String incarnation, Launch launch, long memory) throws IOException {
        String id = Names.fresh("g");
        try {
            io.fabric8.kubernetes.api.model.Pod home = cluster.pods()
                    .inNamespace(launch.namespace())
                    .withName(launch.name())
                    .get();
            if (home == null) throw new IOException("there is no pod " + launch.namespace() + "/" + launch.name());
            io.fabric8.kubernetes.api.model.Container container = homeContainer(home);
            GuestMemory asked = GuestMemory.of(container.getResources(), memory);
            io.fabric8.kubernetes.api.model.Pod guest =
                    GuestPod.of(home, container, id, process, node, stubImage, launch.uid(), asked);
            PodResource made = cluster.pods().resource(guest);
            made.create();
            try {
                Container stub = awaitStub(made);
                stub.awaitListening();
                PodRecord record =
                        new PodRecord(id, StubKind.GUEST, process, incarnation, launch, 0, 0, true, Instant.now());
                Pod pod = taken(record, stub);
                Files.writeString(pod.directory().resolve(NAME), Marks.name(guest));
                asked.write(pod.directory());
                return pod;
            } catch (IOException | RuntimeException e) {
                made.withGracePeriod(0).delete();
                PodRecords.delete(directory.resolve(id));
                throw e;
            }
        } catch (KubernetesClientException e) {
            throw new IOException("the cluster refuses a guest pod on " + node + ": " + words(e), e);
        }
    }

    @Override
    public void fit(Pod pod, long memory) throws IOException {
        Optional<GuestMemory> asked = GuestMemory.read(pod.directory());
        if (asked.isEmpty()) return;
        GuestMemory fitting = asked.get().fitting(memory);
        if (fitting.equals(asked.get())) return;
        String name = Files.readString(pod.directory().resolve(NAME));
        try {
            if (resizing.resize(name, fitting)) fitting.write(pod.directory());
        } catch (KubernetesClientException e) {
            throw new IOException(
                    "the cluster lets %s not ask for %d MiB: %s".formatted(name, fitting.asked() >> 20, words(e)), e);
        }
    }

    @Override
    public boolean hasRunOutOfMemory(Pod guest) {
        if (OutOfMemory.in(guest)) return true;
        if (guest.isAlive()) return false;
        // its cgroups may have gone with it
        try {
            String name = Files.readString(guest.directory().resolve(NAME));
            io.fabric8.kubernetes.api.model.Pod ended = named(name)
                    .waitUntilCondition(
                            pod -> pod == null || terminated(pod).isPresent(),
                            TOLD_WITHIN.toMillis(),
                            TimeUnit.MILLISECONDS);
            return ended != null
                    && terminated(ended)
                            .map(ContainerStateTerminated::getReason)
                            .equals(Optional.of("OOMKilled"));
        } catch (IOException | KubernetesClientException e) {
            LOG.warn("why {} has ended is not known: {}", guest.id(), e.getMessage());
            return false;
        }
    }

    private static Optional<ContainerStateTerminated> terminated(io.fabric8.kubernetes.api.model.Pod pod) {
        return statuses(pod)
                .map(status ->
                        status.getState() == null ? null : status.getState().getTerminated())
                .filter(ended -> ended != null)
                .findFirst();
    }

    @Override
    public void runOutOfMemory(Pod home) {
        try {
            OutOfMemory.happen(home);
        } catch (IOException e) {
            LOG.warn(
                    "the pod of {} ends without the reason that its memory ran out: {}",
                    home.process(),
                    e.getMessage());
        }
    }

    private PodResource named(String name) {
        int slash = name.indexOf('/');
        return cluster.pods().inNamespace(name.substring(0, slash)).withName(name.substring(slash + 1));
    }

    private static io.fabric8.kubernetes.api.model.Container homeContainer(io.fabric8.kubernetes.api.model.Pod home)
            throws IOException {
        String name = Optional.ofNullable(home.getMetadata().getAnnotations())
                .map(all -> all.get(PodMarks.HOME))
                .orElseThrow(() -> new IOException(Marks.name(home) + " is no home of a process"));
        return home.getSpec().getContainers().stream()
                .filter(one -> one.getName().equals(name))
                .findAny()
                .orElseThrow(() -> new IOException(Marks.name(home) + " has no container " + name));
    }

    private Container awaitStub(PodResource made) throws IOException {
        io.fabric8.kubernetes.api.model.Pod now;
        try {
            now = made.waitUntilCondition(
                    pod -> pod != null
                            && (runningContainer(pod, GuestPod.CONTAINER).isPresent() || hasFailed(pod)),
                    PATIENCE.toMillis(),
                    TimeUnit.MILLISECONDS);
        } catch (KubernetesClientTimeoutException e) {
            throw new IOException("the guest pod on " + node + " does not come up: " + state(made.get()), e);
        }
        if (hasFailed(now)) throw new IOException("the guest pod on " + node + " has failed: " + state(now));
        String id = runningContainer(now, GuestPod.CONTAINER).orElseThrow();
        return Container.find(id)
                .orElseThrow(() -> new IOException("the guest pod on " + node + " ended at its start"));
    }

    private static boolean hasFailed(io.fabric8.kubernetes.api.model.Pod pod) {
        return "Failed".equals(pod.getStatus().getPhase());
    }

    private static String state(io.fabric8.kubernetes.api.model.Pod pod) {
        if (pod == null || pod.getStatus() == null) return "it is gone";
        if (pod.getStatus().getMessage() != null) return pod.getStatus().getMessage();
        return pod.getStatus().getContainerStatuses().stream()
                .map(status -> status.getState().getWaiting())
                .filter(waiting -> waiting != null)
                .map(waiting -> waiting.getReason() + " "
                        + Optional.ofNullable(waiting.getMessage()).orElse(""))
                .findFirst()
                .orElse("it is " + pod.getStatus().getPhase());
    }

    /** The id of a container that runs. */
    static Optional<String> runningContainer(io.fabric8.kubernetes.api.model.Pod pod, String name) {
        return statuses(pod)
                .filter(status -> status.getName().equals(name)
                        && status.getState() != null
                        && status.getState().getRunning() != null)
                .flatMap(KubernetesPods::id)
                .findFirst();
    }

    /** The ids of its containers, as far as they are known. */
    static List<String> containers(io.fabric8.kubernetes.api.model.Pod pod) {
        return statuses(pod).flatMap(KubernetesPods::id).toList();
    }

    private static Stream<ContainerStatus> statuses(io.fabric8.kubernetes.api.model.Pod pod) {
        return pod.getStatus() == null ? Stream.empty() : pod.getStatus().getContainerStatuses().stream();
    }

    /** Without the runtime's name before it. */
    private static Stream<String> id(ContainerStatus status) {
        String id = status.getContainerID();
        return id == null || !id.contains("://") ? Stream.empty() : Stream.of(id.substring(id.indexOf("://") + 3));
    }

    private Pod taken(PodRecord draft, Container container) throws IOException {
        long start = new ProcFs(container.pid())
                .startTime()
                .orElseThrow(() -> new IOException("container " + container.id() + " has ended"));
        PodRecord record = new PodRecord(
                draft.id(),
                draft.kind(),
                draft.process(),
                draft.incarnation(),
                draft.launch(),
                container.pid(),
                start,
                true,
                draft.made());
        Path own = directory.resolve(record.id());
        if (!Files.isDirectory(own))
            Files.createDirectory(
                    own, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.writeString(own.resolve("container"), container.id());
        Pod pod = pod(record, own);
        pod.tree().create();
        pod.tools().create();
        pod.dumps().create();
        makeScratch(container);
        PodRecords.write(pod);
        return pod;
    }

    /** criu needs a directory for what it tries out; a container's /dev is a tmpfs, also where its root is read-only. */
    private static void makeScratch(Container container) throws IOException {
        Path scratch = Path.of("/proc/" + container.pid() + "/root/dev/.tomte");
        if (!Files.isDirectory(scratch))
            Files.createDirectory(
                    scratch, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
    }

    /** A pod's cgroup outside of its container's: nothing in it counts in the container's limits. */
    private static Cgroup ours(String pod) throws IOException {
        return new Cgroup(Cgroup.mount()).child("tomte").child(pod);
    }

    private static Pod pod(PodRecord record, Path own) throws IOException {
        Container container = new Container(Files.readString(own.resolve("container")), record.stubPid());
        return container.pod(record, own, new StubSocket.Named(record.stubPid(), Marks.SOCKET), ours(record.id()));
    }

    @Override
    public List<Pod> find() throws IOException {
        List<Pod> pods = new ArrayList<>();
        for (PodRecords.Found found : PodRecords.in(directory)) {
            if (found.record().isPresent()) {
                Pod pod = pod(found.record().get(), found.directory());
                // an older agent had none
                pod.dumps().create();
                pods.add(pod);
            } else PodRecords.delete(found.directory());
        }
        deleteStrays();
        return pods;
    }

    /** Guest pods of this node that an agent asked for and did not live to write down: nothing was ever in them. */
    private void deleteStrays() throws IOException {
        Set<String> known = new HashSet<>();
        for (PodRecords.Found found : PodRecords.in(directory)) {
            Path name = found.directory().resolve(NAME);
            if (Files.exists(name)) known.add(Files.readString(name));
        }
        try {
            for (io.fabric8.kubernetes.api.model.Pod guest : cluster.pods()
                    .inAnyNamespace()
                    .withLabel(PodMarks.GUEST, "true")
                    .withField("spec.nodeName", node)
                    .list()
                    .getItems()) if (!known.contains(Marks.name(guest))) delete(Marks.name(guest));
        } catch (KubernetesClientException e) {
            // those that are known do not wait for it
            LOG.warn("guest pods that nobody knows may stay on {}: {}", node, words(e));
        }
    }

    /** A home pod is its user's; of a guest pod nothing stays. */
    @Override
    public void remove(Pod pod) throws IOException {
        if (pod.tree().exists()) pod.tree().remove(PATIENCE);
        if (pod.tools().exists()) pod.tools().remove(PATIENCE);
        ours(pod.id()).remove(PATIENCE);
        Path name = pod.directory().resolve(NAME);
        if (Files.exists(name)) delete(Files.readString(name));
        PodRecords.delete(pod.directory());
    }

    private void delete(String name) throws IOException {
        removed.add(name);
        try {
            named(name).withGracePeriod(0).delete();
        } catch (KubernetesClientException e) {
            throw new IOException("the guest pod " + name + " is not deleted: " + words(e), e);
        }
    }

    /** Whether a guest pod is deleted because its guest has left; asked for no more once it is gone. */
    boolean isRemoved(String name, boolean isGone) {
        return isGone ? removed.remove(name) : removed.contains(name);
    }

    @Override
    public Optional<Path> log(String process, StandardStream stream) {
        return Optional.empty();
    }

    @Override
    public String guestLimits() {
        return "what their pods ask for";
    }

    private static String words(KubernetesClientException e) {
        String said = e.getStatus() == null ? e.getMessage() : e.getStatus().getMessage();
        LOG.debug("the cluster's answer", e);
        return said == null ? "no reason given" : said;
    }
}

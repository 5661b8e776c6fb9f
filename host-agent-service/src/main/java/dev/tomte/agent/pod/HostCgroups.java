package dev.tomte.agent.pod;

import dev.tomte.linux.Cgroup;
import dev.tomte.linux.Controller;
import dev.tomte.stub.StubKind;
import dev.tomte.stub.StubSocket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cgroups of a host's pods. The v2 ones are always there: what is frozen and killed. Where the kernel has the
 * controllers, each pod has a CPU share too, and all guests together a bound of memory: in the same cgroups, or in v1
 * ones beside them, a group for each host, called as its v2 cgroup with dots for slashes.
 */
final class HostCgroups {
    private static final Logger LOG = LoggerFactory.getLogger(HostCgroups.class);
    private static final String GUESTS = "guests";
    private static final String TOOLS = "tools";
    /** What v1 and v2 kernels call a bound of memory. */
    private static final List<String> BOUNDS = List.of("memory.max", "memory.limit_in_bytes");

    private static final int SHARES_PER_CORE = 1024;

    private final Cgroup host;
    private final String besideName;
    private final @Nullable Controller cpu;
    private final @Nullable Controller memory;
    private final String words;

    /** @param guestMemory bytes that all guests together may have */
    HostCgroups(Cgroup host, long guestMemory) throws IOException {
        this.host = host;
        besideName = host.path().substring(1).replace('/', '.');
        host.child(GUESTS).create();
        cpu = usable("cpu");
        memory = usable("memory");
        if (cpu != null && !cpu.isV2()) writeIfThere(beside(cpu), "cpu.shares", shares());
        boolean bounded = bound(guestMemory);
        words = "CPU: %s; memory: %s"
                .formatted(
                        cpu == null ? "as much as the owner, for there is no cpu controller" : "what the owner leaves",
                        bounded
                                ? "at most " + (guestMemory >> 20) + " MiB"
                                : "unbounded, for there is no memory controller");
    }

    /** What guests may take of the host, in words. */
    String words() {
        return words;
    }

    private @Nullable Controller usable(String name) throws IOException {
        Optional<Controller> found = Controller.find(name);
        if (found.isEmpty()) return null;
        Controller controller = found.get();
        try {
            if (controller.isV2()) controller.enable(host.child(GUESTS).directory());
            else Files.createDirectories(beside(controller).resolve(GUESTS));
            return controller;
        } catch (IOException e) {
            LOG.warn("the {} controller is there, but cannot be used: {}", name, e.getMessage());
            return null;
        }
    }

    /** A host counts as much as its cores do, whoever else shares the machine. */
    private static String shares() {
        return Integer.toString(SHARES_PER_CORE * Runtime.getRuntime().availableProcessors());
    }

    private boolean bound(long bytes) {
        if (memory == null) return false;
        Path guests =
                memory.isV2() ? host.child(GUESTS).directory() : beside(memory).resolve(GUESTS);
        return BOUNDS.stream().anyMatch(file -> writeIfThere(guests, file, Long.toString(bytes)));
    }

    private static boolean writeIfThere(Path cgroup, String file, String value) {
        if (!Files.exists(cgroup.resolve(file))) return false;
        try {
            Files.writeString(cgroup.resolve(file), value, StandardOpenOption.WRITE);
            return true;
        } catch (IOException e) {
            LOG.warn("{} cannot be set to {}: {}", cgroup.resolve(file), value, e.getMessage());
            return false;
        }
    }

    private Path beside(Controller controller) {
        return controller.mount().resolve(besideName);
    }

    /** The pod as its record describes it, whether its cgroups are there or not. */
    Pod pod(PodRecord record, Path directory) {
        boolean isHome = record.kind() == StubKind.HOME;
        Cgroup own = (isHome ? host : host.child(GUESTS)).child(record.id());
        // what a dump writes is not the guests': it would count twice in their bound
        Cgroup tools = isHome ? own.child(TOOLS) : host.child(TOOLS).child(record.id());
        List<Path> besides = new ArrayList<>();
        Path share = null;
        if (cpu != null) {
            share = cpu.isV2() ? own.directory() : beside(cpu).resolve(record.id());
            if (!cpu.isV2()) besides.add(share);
        }
        if (memory != null && !memory.isV2() && !isHome)
            besides.add(beside(memory).resolve(GUESTS));
        return new Pod(
                record,
                directory,
                new StubSocket.At(directory.resolve("ctl/stub.sock")),
                own,
                tools,
                tools,
                new CpuShare(share),
                besides);
    }

    void create(Pod pod) throws IOException {
        pod.cgroup().child("stub").create();
        pod.tree().create();
        pod.tools().create();
        for (Path beside : pod.besides()) Files.createDirectories(beside);
    }

    /** Ends all that is in them. */
    void remove(Pod pod, Duration patience) throws IOException {
        pod.cgroup().remove(patience);
        pod.tools().remove(patience);
        Path share = pod.cpu().cgroup();
        if (share != null && !share.equals(pod.cgroup().directory())) Cgroup.removeEmpty(share, patience);
    }

    /** What is left of a pod of which nothing is known but its id. */
    void remove(String id, Duration patience) throws IOException {
        for (Cgroup above : List.of(host, host.child(GUESTS), host.child(TOOLS)))
            above.child(id).remove(patience);
        if (cpu != null && !cpu.isV2()) Cgroup.removeEmpty(beside(cpu).resolve(id), patience);
    }

    /** With all pods of the host, which must have been removed. */
    void close(Duration patience) throws IOException {
        for (Controller controller : new Controller[] {cpu, memory}) {
            if (controller == null || controller.isV2()) continue;
            Cgroup.removeEmpty(beside(controller).resolve(GUESTS), patience);
            Cgroup.removeEmpty(beside(controller), patience);
        }
    }
}

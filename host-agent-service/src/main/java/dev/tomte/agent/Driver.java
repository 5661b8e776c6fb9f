package dev.tomte.agent;

import dev.tomte.agent.kubernetes.KubernetesPods;
import dev.tomte.agent.kubernetes.NodeCondition;
import dev.tomte.agent.kubernetes.NodeWatch;
import dev.tomte.agent.pod.FleetHost;
import dev.tomte.agent.pod.FleetPods;
import dev.tomte.agent.pod.PodListener;
import dev.tomte.agent.pod.PodRuntime;
import dev.tomte.agent.preflight.Preflight;
import dev.tomte.linux.Cgroup;
import dev.tomte.linux.ProcFs;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Who makes this host's pods. */
sealed interface Driver extends AutoCloseable {
    /** The detector's memory-quiet: what guests leave where no bound of theirs is set. */
    long MEMORY_KEPT = 512L << 20;

    PodRuntime pods();

    /** Tells of home pods that others make, those that are there too, and of what they ask of this host. Once. */
    void watch(PodListener listener);

    /** Says what this host has of what moves need, where there is somebody to say it to. */
    void say(Preflight preflight);

    @Override
    void close();

    static Driver of(HostConfig config) throws IOException {
        return switch (config.driver()) {
            case FLEET -> new Fleet(fleet(config));
            case KUBERNETES -> new Cluster(config);
        };
    }

    /** The driver for a fleet on one machine. */
    static FleetPods fleet(HostConfig config) throws IOException {
        return new FleetPods(new FleetHost(
                config.host(),
                config.root(),
                config.run(),
                config.state().resolve("logs"),
                config.tools(),
                new Cgroup(Cgroup.mount().resolve(config.cgroup())),
                guestMemory(config),
                List.of("/var/lib/tomte", "/root", "/run", "/tmp")));
    }

    private static long guestMemory(HostConfig config) throws IOException {
        return config.memory() > 0 ? config.memory() : Math.max(MEMORY_KEPT, ProcFs.totalMemory() - MEMORY_KEPT);
    }

    /** A fleet's pods are made by its agents, who need nobody to tell them. */
    record Fleet(PodRuntime pods) implements Driver {
        @Override
        public void watch(PodListener listener) {}

        @Override
        public void say(Preflight preflight) {}

        @Override
        public void close() {}
    }

    /** A cluster's home pods are its users'. */
    final class Cluster implements Driver {
        private final KubernetesClient client = new KubernetesClientBuilder().build();
        private final String node;
        private final KubernetesPods pods;
        private @Nullable NodeWatch watch;

        Cluster(HostConfig config) throws IOException {
            node = config.host();
            pods = new KubernetesPods(client, node, config.run().resolve("pods"), config.stubImage());
        }

        @Override
        public PodRuntime pods() {
            return pods;
        }

        @Override
        public void watch(PodListener listener) {
            watch = new NodeWatch(client, node, pods, listener);
        }

        @Override
        public void say(Preflight preflight) {
            NodeCondition.say(client, node, preflight);
        }

        @Override
        public void close() {
            NodeWatch watching = watch;
            if (watching != null) watching.close();
            client.close();
        }
    }
}

package dev.tomte.migration.autoscaling;

import dev.tomte.contracts.ProcessStatus;
import dev.tomte.migration.placement.Ties;
import dev.tomte.migration.view.FleetView;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Home pods that an autoscaler targets: they do not move, unless they say otherwise. Pods and their owners are read only
 * where there are both autoscalers and processes.
 */
public final class AutoscaledPods implements Ties, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AutoscaledPods.class);
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

    private final KubernetesClient cluster;
    private final FleetView view;
    private final Reading horizontal;
    private final Reading vertical;
    private final Map<String, Owners> owners = new ConcurrentHashMap<>();
    private final Thread thread;

    public AutoscaledPods(KubernetesClient cluster, FleetView view) {
        this.cluster = cluster;
        this.view = view;
        horizontal = new Reading(cluster, Autoscaler.Kind.HORIZONTAL);
        vertical = new Reading(cluster, Autoscaler.Kind.VERTICAL);
        thread = Thread.ofVirtual().name("autoscaled-pods").start(this::tend);
    }

    @Override
    public Optional<Tie> of(ProcessStatus process) {
        Optional<String> gap = horizontal.gap().or(vertical::gap);
        if (gap.isPresent()) return Targeting.unknown(gap.get());
        List<Autoscaler> autoscalers = Stream.of(horizontal, vertical)
                .flatMap(kind -> kind.in(process.namespace()).stream())
                .toList();
        if (autoscalers.isEmpty()) return Optional.empty();
        Owners there = owners.get(process.namespace());
        if (there == null || !there.areKnown())
            return Targeting.unknown("the owners of pods in %s have not been read yet".formatted(process.namespace()));
        Optional<ObjectMeta> pod = there.pod(process.name());
        if (pod.isEmpty()) return Targeting.unknown("its pod is not seen");
        return Targeting.tie(pod.get(), autoscalers, there);
    }

    private void tend() {
        try {
            while (true) {
                Set<String> needed = needed();
                for (String namespace : needed)
                    owners.computeIfAbsent(namespace, any -> {
                        LOG.info("{} has autoscalers: it is watched who owns its pods", namespace);
                        return new Owners(cluster, namespace);
                    });
                owners.entrySet().removeIf(each -> {
                    if (needed.contains(each.getKey())) return false;
                    each.getValue().close();
                    return true;
                });
                Thread.sleep(LOOK_AGAIN);
            }
        } catch (InterruptedException e) {
            owners.values().forEach(Owners::close);
        }
    }

    private Set<String> needed() {
        Set<String> needed = new HashSet<>(horizontal.namespaces());
        needed.addAll(vertical.namespaces());
        needed.retainAll(view.processes().stream()
                .filter(ProcessStatus::isLiving)
                .map(ProcessStatus::namespace)
                .collect(Collectors.toUnmodifiableSet()));
        return needed;
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        horizontal.close();
        vertical.close();
    }
}

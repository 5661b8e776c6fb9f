package dev.tomte.agent.kubernetes;

import dev.tomte.agent.pod.Pod;
import dev.tomte.agent.pod.PodListener;
import dev.tomte.contracts.Availability.Notice;
import dev.tomte.contracts.PodMarks;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches what the cluster says of this node: pods that are to be homes, guests whose pods are to go, and whether it is
 * cordoned.
 */
public final class NodeWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeWatch.class);

    private final KubernetesPods pods;
    private final PodEvents events;
    private final PodListener listener;
    private final Set<String> taken = ConcurrentHashMap.newKeySet();
    /** By name of the pod: the process of a guest that is to leave. */
    private final Map<String, String> leaving = new ConcurrentHashMap<>();

    private final ExecutorService threads = Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("node-watch-", 0).factory());
    private final SharedIndexInformer<io.fabric8.kubernetes.api.model.Pod> podInformer;
    private final SharedIndexInformer<Node> nodeInformer;
    private volatile boolean isCordoned;

    public NodeWatch(KubernetesClient cluster, String node, KubernetesPods pods, PodListener listener) {
        this.pods = pods;
        this.listener = listener;
        events = new PodEvents(cluster);
        nodeInformer = cluster.nodes().withName(node).inform(new Told<>() {
            @Override
            void told(Node now, boolean isGone) {
                isCordoned = Boolean.TRUE.equals(now.getSpec().getUnschedulable());
                notice();
            }
        });
        podInformer = cluster.pods()
                .inAnyNamespace()
                .withField("spec.nodeName", node)
                .inform(new Told<>() {
                    @Override
                    void told(io.fabric8.kubernetes.api.model.Pod pod, boolean isGone) {
                        if (Marks.isGuest(pod)) guest(pod, isGone);
                        else if (!isGone) home(pod);
                        // a home's end is said by its stub, sooner
                        else forget(pod);
                    }
                });
    }

    /** One way for all that can happen to something. */
    private abstract static class Told<T> implements ResourceEventHandler<T> {
        abstract void told(T now, boolean isGone);

        @Override
        public void onAdd(T one) {
            told(one, false);
        }

        @Override
        public void onUpdate(T before, T now) {
            told(now, false);
        }

        @Override
        public void onDelete(T last, boolean isFinalStateUnknown) {
            told(last, true);
        }
    }

    private void guest(io.fabric8.kubernetes.api.model.Pod pod, boolean isGone) {
        String name = Marks.name(pod);
        String process = pod.getMetadata().getLabels().get(PodMarks.PROCESS);
        if (process == null) return;
        boolean isToLeave = !pods.isRemoved(name, isGone)
                && !isGone
                && (pod.getMetadata().getDeletionTimestamp() != null
                        || pod.getMetadata().getAnnotations().containsKey(PodMarks.LEAVE));
        boolean isNews = isToLeave ? !process.equals(leaving.put(name, process)) : leaving.remove(name) != null;
        if (isNews) notice();
    }

    private void notice() {
        Notice now = new Notice(Set.copyOf(leaving.values()), isCordoned);
        LOG.info("leaving: {}{}", now.leaving(), now.cordoned() ? ", cordoned" : "");
        listener.notice(now);
    }

    private void home(io.fabric8.kubernetes.api.model.Pod pod) {
        Map<String, String> marks = pod.getMetadata().getAnnotations();
        String stays = marks.get(PodMarks.STAYS);
        if (stays != null && taken.add(pod.getMetadata().getUid()))
            threads.execute(() -> events.cannotMove(pod, stays));
        String container = marks.get(PodMarks.HOME);
        if (container == null) return;
        Optional<String> id = KubernetesPods.runningContainer(pod, container);
        if (id.isPresent() && taken.add(id.get())) threads.execute(() -> take(pod, id.get()));
    }

    private void forget(io.fabric8.kubernetes.api.model.Pod pod) {
        taken.remove(pod.getMetadata().getUid());
        KubernetesPods.containers(pod).forEach(taken::remove);
    }

    private void take(io.fabric8.kubernetes.api.model.Pod pod, String id) {
        String name = Marks.name(pod);
        try {
            Optional<Pod> home = pods.home(pod, id);
            if (home.isPresent()) {
                listener.appear(home.get());
                LOG.info("{} is at home here", name);
            }
        } catch (IOException | RuntimeException e) {
            LOG.warn("{} cannot be moved: {}", name, e.getMessage());
            events.cannotMove(pod, String.valueOf(e.getMessage()));
        }
    }

    @Override
    public void close() {
        podInformer.close();
        nodeInformer.close();
        threads.shutdownNow();
    }
}

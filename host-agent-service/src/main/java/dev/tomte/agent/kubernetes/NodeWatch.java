package dev.tomte.agent.kubernetes;

import dev.tomte.agent.pod.Pod;
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

/** Watches for pods of this node that are to be homes. */
public final class HomePods implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HomePods.class);

    private final KubernetesPods pods;
    private final Taker taker;
    private final Set<String> taken = ConcurrentHashMap.newKeySet();
    private final ExecutorService threads = Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("home-pods-", 0).factory());
    private final SharedIndexInformer<io.fabric8.kubernetes.api.model.Pod> informer;

    /** What is done with one. */
    @FunctionalInterface
    public interface Taker {
        void take(Pod pod) throws IOException;
    }

    public HomePods(KubernetesClient cluster, String node, KubernetesPods pods, Taker taker) {
        this.pods = pods;
        this.taker = taker;
        informer = cluster.pods()
                .inAnyNamespace()
                .withField("spec.nodeName", node)
                .inform(new ResourceEventHandler<>() {
                    @Override
                    public void onAdd(io.fabric8.kubernetes.api.model.Pod pod) {
                        seen(pod);
                    }

                    @Override
                    public void onUpdate(
                            io.fabric8.kubernetes.api.model.Pod before, io.fabric8.kubernetes.api.model.Pod pod) {
                        seen(pod);
                    }

                    @Override
                    public void onDelete(io.fabric8.kubernetes.api.model.Pod pod, boolean unknown) {
                        // its stub's end says so, sooner
                    }
                });
    }

    private void seen(io.fabric8.kubernetes.api.model.Pod pod) {
        Map<String, String> marks = pod.getMetadata().getAnnotations();
        String container = marks == null ? null : marks.get(Marks.HOME);
        if (container == null) return;
        Optional<String> id = KubernetesPods.runningContainer(pod, container);
        if (id.isPresent() && taken.add(id.get())) threads.execute(() -> take(pod, id.get()));
    }

    private void take(io.fabric8.kubernetes.api.model.Pod pod, String id) {
        String name = pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName();
        try {
            Optional<Pod> home = pods.home(pod, id);
            if (home.isPresent()) {
                taker.take(home.get());
                LOG.info("{} is at home here", name);
            }
        } catch (IOException | RuntimeException e) {
            LOG.warn("{} cannot be moved: {}", name, e.getMessage());
        }
    }

    @Override
    public void close() {
        informer.close();
        threads.shutdownNow();
    }
}

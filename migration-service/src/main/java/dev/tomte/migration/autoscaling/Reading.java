package dev.tomte.migration.autoscaling;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All autoscalers of one kind, as an informer has them. Any thread. */
final class Reading implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Reading.class);

    private final Autoscaler.Kind kind;
    private final SharedIndexInformer<GenericKubernetesResource> informer;
    private volatile boolean isUndefined;
    private volatile String failure = "they have not been read yet";

    Reading(KubernetesClient cluster, Autoscaler.Kind kind) {
        this.kind = kind;
        informer = cluster.genericKubernetesResources(new ResourceDefinitionContext.Builder()
                        .withGroup(kind.group)
                        .withVersion(kind.version)
                        .withKind(kind.word)
                        .withPlural(kind.plural)
                        .withNamespaced(true)
                        .build())
                .inAnyNamespace()
                .runnableInformer(0);
        informer.addEventHandler(new Defined());
        informer.exceptionHandler((isStarted, why) -> {
            failed(why);
            return true;
        });
        var _ = informer.start();
    }

    /** Where one is, its kind is defined. */
    private final class Defined implements ResourceEventHandler<GenericKubernetesResource> {
        @Override
        public void onAdd(GenericKubernetesResource one) {
            isUndefined = false;
        }

        @Override
        public void onUpdate(GenericKubernetesResource before, GenericKubernetesResource now) {
            isUndefined = false;
        }

        @Override
        public void onDelete(GenericKubernetesResource last, boolean isFinalStateUnknown) {
            // it says nothing of the others
        }
    }

    private void failed(Throwable why) {
        Throwable cause = why;
        while (!(cause instanceof KubernetesClientException) && cause.getCause() != null) cause = cause.getCause();
        KubernetesClientException answer = cause instanceof KubernetesClientException given ? given : null;
        String said = answer == null || answer.getStatus() == null
                ? String.valueOf(cause.getMessage())
                : String.valueOf(answer.getStatus().getMessage());
        if (!said.equals(failure)) LOG.info("{} are not read: {}", kind.plural, said);
        failure = said;
        // the API server knows no such kind; one that may not be read is answered otherwise
        isUndefined = answer != null && answer.getCode() == HttpURLConnection.HTTP_NOT_FOUND;
    }

    /** Why it is not known which there are; empty: it is. */
    Optional<String> gap() {
        return isUndefined || informer.hasSynced()
                ? Optional.empty()
                : Optional.of("%s cannot be read: %s".formatted(kind.plural, failure));
    }

    List<Autoscaler> in(String namespace) {
        if (isUndefined) return List.of();
        return informer.getIndexer().byIndex(Cache.NAMESPACE_INDEX, namespace).stream()
                .flatMap(one -> Autoscaler.of(kind, one).stream())
                .toList();
    }

    /** Those that have any. */
    Set<String> namespaces() {
        if (isUndefined) return Set.of();
        return informer.getIndexer().list().stream()
                .map(one -> one.getMetadata().getNamespace())
                .collect(Collectors.toUnmodifiableSet());
    }

    @Override
    public void close() {
        informer.close();
    }
}

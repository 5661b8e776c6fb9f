package dev.tomte.migration.resource;

import dev.tomte.contracts.PodMarks;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.migration.view.FleetView;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import java.util.List;
import java.util.Map;

/**
 * A PodDisruptionBudget in each namespace that has guests: where the webhook that has them move does not answer, none is
 * evicted. It is the webhook's (ownerReference), and goes with it. One thread.
 */
final class GuestBudgets implements AutoCloseable {
    static final String NAME = "tomte-guests";

    /**
     * More than there can be, so none may be missed. A number: of guest pods, whose controllers are pods, there is no
     * scale from which a percentage could be taken (https://kubernetes.io/docs/tasks/run-application/configure-pdb/).
     */
    private static final int ALL = Integer.MAX_VALUE;

    private final KubernetesClient cluster;
    private final FleetView view;
    private final String webhook;
    private final boolean areWanted;
    private final SharedIndexInformer<PodDisruptionBudget> informer;

    /**
     * @param webhook the ValidatingWebhookConfiguration of evictions
     * @param areWanted if not, those that are there are taken away
     */
    GuestBudgets(KubernetesClient cluster, FleetView view, String webhook, boolean areWanted) {
        this.cluster = cluster;
        this.view = view;
        this.webhook = webhook;
        this.areWanted = areWanted;
        informer = cluster.policy()
                .v1()
                .podDisruptionBudget()
                .inAnyNamespace()
                .withField("metadata.name", NAME)
                .runnableInformer(0);
        informer.exceptionHandler((isStarted, why) -> true);
        var _ = informer.start();
    }

    /** Before a guest pod is there, if it can be: guests are looked after without it too. */
    void keep(ProcessStatus process) {
        String namespace = process.namespace();
        if (!areWanted || !informer.hasSynced() || !mayHaveGuest(process)) return;
        if (informer.getStore().getByKey(Cache.namespaceKeyFunc(namespace, NAME)) != null) return;
        ValidatingWebhookConfiguration owner = cluster.admissionRegistration()
                .v1()
                .validatingWebhookConfigurations()
                .withName(webhook)
                .get();
        if (owner != null) ClusterWrites.create(cluster, budget(namespace, owner));
    }

    private boolean mayHaveGuest(ProcessStatus process) {
        return process.isLiving()
                && (!view.place(process).holder().equals(process.home())
                        || !view.moving(process.process()).isEmpty());
    }

    private static PodDisruptionBudget budget(String namespace, ValidatingWebhookConfiguration webhook) {
        OwnerReference owner = new OwnerReferenceBuilder()
                .withApiVersion(webhook.getApiVersion())
                .withKind(webhook.getKind())
                .withName(webhook.getMetadata().getName())
                .withUid(webhook.getMetadata().getUid())
                .build();
        return new PodDisruptionBudgetBuilder()
                .withNewMetadata()
                .withName(NAME)
                .withNamespace(namespace)
                .addToLabels("app.kubernetes.io/part-of", "tomte")
                .withOwnerReferences(owner)
                .endMetadata()
                .withNewSpec()
                .withNewMinAvailable(ALL)
                .withNewSelector()
                .withMatchLabels(Map.of(PodMarks.GUEST, "true"))
                .endSelector()
                .endSpec()
                .build();
    }

    List<PodDisruptionBudget> all() {
        return informer.getStore().list();
    }

    /** Takes it away where there are no guests (any more). */
    void forget(PodDisruptionBudget budget) {
        String namespace = budget.getMetadata().getNamespace();
        boolean isNeeded = areWanted
                && view.processes().stream()
                        .anyMatch(process -> process.namespace().equals(namespace) && mayHaveGuest(process));
        if (!isNeeded) cluster.resource(budget).delete();
    }

    @Override
    public void close() {
        informer.close();
    }
}

package dev.tomte.migration.autoscaling;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.util.Optional;

/**
 * One that says how many pods a controller shall have, or how large they shall be.
 *
 * @param name of it, with its namespace
 * @param target the controller
 */
record Autoscaler(Kind kind, String name, Controller target) {
    enum Kind {
        /** autoscaling/v2: it counts what pods use, and makes more or fewer of them. */
        HORIZONTAL("HorizontalPodAutoscaler", "autoscaling", "v2", "horizontalpodautoscalers", "scaleTargetRef"),
        /** Of the autoscaler project, whose definition need not be there: it sizes pods by what they use. */
        VERTICAL("VerticalPodAutoscaler", "autoscaling.k8s.io", "v1", "verticalpodautoscalers", "targetRef");

        final String word;
        final String group;
        final String version;
        final String plural;
        final String reference;

        Kind(String word, String group, String version, String plural, String reference) {
            this.word = word;
            this.group = group;
            this.version = version;
            this.plural = plural;
            this.reference = reference;
        }
    }

    /** @return empty if it names no target */
    static Optional<Autoscaler> of(Kind kind, GenericKubernetesResource object) {
        String target = object.get("spec", kind.reference, "name");
        String of = object.get("spec", kind.reference, "kind");
        String version = object.get("spec", kind.reference, "apiVersion");
        if (target == null || of == null) return Optional.empty();
        String name =
                object.getMetadata().getNamespace() + "/" + object.getMetadata().getName();
        return Optional.of(new Autoscaler(kind, name, Controller.of(version == null ? "" : version, of, target)));
    }

    @Override
    public String toString() {
        return kind.word + " " + name;
    }
}

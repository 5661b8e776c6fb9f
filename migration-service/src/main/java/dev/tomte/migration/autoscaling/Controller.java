package dev.tomte.migration.autoscaling;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.OwnerReference;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * What makes pods, or makes what makes them; in the same namespace as they are.
 *
 * @param group of its API; empty: the core group, or, of what an autoscaler names, any
 */
record Controller(String group, String kind, String name) {
    /** Of the API server itself, whose controllers control nothing but each other and pods. */
    private static final Set<String> BUILT_IN = Set.of("", "apps", "batch");

    /** @param apiVersion as in "apps/v1", "v1" */
    static Controller of(String apiVersion, String kind, String name) {
        int slash = apiVersion.indexOf('/');
        return new Controller(slash < 0 ? "" : apiVersion.substring(0, slash), kind, name);
    }

    /** @return empty if nothing controls it */
    static Optional<Controller> of(ObjectMeta object) {
        return Objects.requireNonNullElse(object.getOwnerReferences(), List.<OwnerReference>of()).stream()
                .filter(owner -> Boolean.TRUE.equals(owner.getController()))
                .findFirst()
                .map(owner -> of(owner.getApiVersion(), owner.getKind(), owner.getName()));
    }

    /** Whether an autoscaler that names this means the other. */
    boolean means(Controller other) {
        return kind.equals(other.kind) && name.equals(other.name) && (group.isEmpty() || group.equals(other.group));
    }

    boolean isBuiltIn() {
        return BUILT_IN.contains(group);
    }

    @Override
    public String toString() {
        return kind + " " + name;
    }
}

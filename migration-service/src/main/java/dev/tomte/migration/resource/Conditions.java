package dev.tomte.migration.resource;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;

/** Conditions as the API conventions of Kubernetes want them. */
final class Conditions {
    private Conditions() {}

    /**
     * @param reason one word in CamelCase
     * @param since when it became so, RFC 3339
     */
    static Condition of(String type, boolean isSo, String reason, String message, String since) {
        return new ConditionBuilder()
                .withType(type)
                .withStatus(isSo ? "True" : "False")
                .withReason(reason)
                .withMessage(message)
                .withLastTransitionTime(since)
                .build();
    }
}

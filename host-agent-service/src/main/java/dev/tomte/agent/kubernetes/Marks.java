package dev.tomte.agent.kubernetes;

import dev.tomte.contracts.PodMarks;
import io.fabric8.kubernetes.api.model.Pod;

/** What a pod's marks say, and what its stub is called with. */
final class Marks {
    /** The stub's name in the network namespace of its pod. */
    static final String SOCKET = "tomte-stub";

    /** Guests use what nobody else wants. */
    static final String PRIORITY_CLASS = "tomte-guest";

    private Marks() {}

    static boolean isGuest(Pod pod) {
        return pod.getMetadata().getLabels().containsKey(PodMarks.GUEST);
    }

    static boolean isShared(Pod pod) {
        return !"false".equals(pod.getMetadata().getAnnotations().get(PodMarks.SHARED));
    }

    /** NAMESPACE/NAME. */
    static String name(Pod pod) {
        return pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName();
    }
}

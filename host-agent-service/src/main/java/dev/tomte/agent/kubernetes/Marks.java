package dev.tomte.agent.kubernetes;

import io.fabric8.kubernetes.api.model.Pod;

/** Labels and annotations of pods, and what a pod's stub is called with. */
final class Marks {
    /** Annotation of a home pod: the container whose command the stub runs. */
    static final String HOME = "tomte.dev/home";

    /** Annotation of a pod that was let in as it is: why. */
    static final String STAYS = "tomte.dev/stays";

    /** Annotation of a home pod: "false" where it moves only when somebody asks for it. */
    private static final String SHARED = "tomte.dev/shared";

    /** Annotation of a guest pod: its guest is to leave. */
    static final String LEAVE = "tomte.dev/leave";

    /** Label of a guest pod; also annotation of a home pod: the process. */
    static final String PROCESS = "tomte.dev/process";

    /** Label of a guest pod: "true". */
    static final String GUEST = "tomte.dev/guest";

    /** The stub's name in the network namespace of its pod. */
    static final String SOCKET = "tomte-stub";

    /** Guests use what nobody else wants. */
    static final String PRIORITY_CLASS = "tomte-guest";

    private Marks() {}

    static boolean isGuest(Pod pod) {
        return pod.getMetadata().getLabels().containsKey(GUEST);
    }

    static boolean isShared(Pod pod) {
        return !"false".equals(pod.getMetadata().getAnnotations().get(SHARED));
    }

    /** NAMESPACE/NAME. */
    static String name(Pod pod) {
        return pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName();
    }
}

package dev.tomte.agent.kubernetes;

/** Labels and annotations of pods, and what a pod's stub is called with. */
final class Marks {
    /** Annotation of a home pod: the container whose command the stub runs. */
    static final String HOME = "tomte.dev/home";

    /** Label of a guest pod; also annotation of a home pod: the process. */
    static final String PROCESS = "tomte.dev/process";

    /** Label of a guest pod: "true". */
    static final String GUEST = "tomte.dev/guest";

    /** The stub's name in the network namespace of its pod. */
    static final String SOCKET = "tomte-stub";

    /** Guests use what nobody else wants. */
    static final String PRIORITY_CLASS = "tomte-guest";

    private Marks() {}
}

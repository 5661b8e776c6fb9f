package dev.tomte.contracts;

/** Labels and annotations by which admission, agents and users of a cluster say things of pods to each other. */
public final class PodMarks {
    /** Annotation of a home pod: the container whose command the stub runs. */
    public static final String HOME = "tomte.dev/home";

    /** Annotation of a pod that was let in as it is: why. */
    public static final String STAYS = "tomte.dev/stays";

    /** Annotation of a home pod, its user's: "false" where it moves only when somebody asks for it. */
    public static final String SHARED = "tomte.dev/shared";

    /** Annotation of a home pod, its user's: "move" where it may move although an autoscaler targets it. */
    public static final String AUTOSCALED = "tomte.dev/autoscaled";

    /** Label of a guest pod: "true". */
    public static final String GUEST = "tomte.dev/guest";

    /** Label of a guest pod: the process. */
    public static final String PROCESS = "tomte.dev/process";

    /** Annotation of a guest pod: its guest is to leave. */
    public static final String LEAVE = "tomte.dev/leave";

    private PodMarks() {}
}

package dev.tomte.agent.pod;

import dev.tomte.contracts.Request.Launch;
import dev.tomte.stub.StandardStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Makes, finds and removes the pods of this host. Any thread; calls for one pod do not overlap. */
public interface PodRuntime {
    /**
     * Makes a home pod; returns when its stub answers. Its own output goes to the process's {@link #log}.
     *
     * @throws IOException if it cannot, with the reason; nothing is left of it
     */
    Pod makeHome(String process, Launch launch) throws IOException;

    /**
     * Makes a guest pod for a process of another host, as {@link #makeHome}.
     *
     * @param memory bytes that the process is known to occupy; 0: not known
     */
    Pod makeGuest(String process, String incarnation, Launch launch, long memory) throws IOException;

    /**
     * Sees that a guest pod asks for what its process occupies. Returns at once where it does.
     *
     * @param memory bytes
     * @throws IOException if it may not, or its host has not so much to promise; what runs there runs on
     */
    void fit(Pod pod, long memory) throws IOException;

    /** All pods that were made and not removed, living or not; they outlive the agent. */
    List<Pod> find() throws IOException;

    /** Ends it with all that is in it, and removes it. Nothing to do for one that is removed. */
    void remove(Pod pod) throws IOException;

    /**
     * Whether the kernel has killed something in a guest pod for want of memory, as far as can be told. The pod may have
     * died of it. May take seconds then.
     */
    boolean hasRunOutOfMemory(Pod guest);

    /**
     * Has a home pod, which ends, run out of memory too, so that whoever runs it says of it what they would have said had
     * its process been at home. Nothing depends on it.
     */
    void runOutOfMemory(Pod home);

    /**
     * Where a home pod's output is kept, longer than the pod; empty: by others, who show it too. There is no file for its
     * standard error where that is not apart.
     */
    Optional<Path> log(String process, StandardStream stream);

    /** What guests may take of this host, in words. */
    String guestLimits();
}

package dev.tomte.agent.pod;

import dev.tomte.contracts.Names;
import dev.tomte.contracts.Request.Launch;
import dev.tomte.stub.StubKind;
import java.time.Instant;

/**
 * What is written down of a pod, so that an agent that starts again finds it.
 *
 * @param id of a home pod: the process's incarnation
 * @param incarnation the home pod's id; its own for a home pod
 * @param stubPid the stub's PID in the agent's namespace
 * @param stubStart when the stub started (see {@link dev.tomte.linux.ProcFs#startTime})
 * @param ordinary whether others have made it, so that what it is told to run and how is its own
 * @param made when the pod was made
 */
public record PodRecord(
        String id,
        StubKind kind,
        String process,
        String incarnation,
        Launch launch,
        int stubPid,
        long stubStart,
        boolean ordinary,
        Instant made) {
    public PodRecord {
        Names.label("pod", id);
        Names.label("process", process);
    }
}

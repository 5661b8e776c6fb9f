package dev.tomte.agent.process;

import dev.tomte.agent.criu.Criu;
import dev.tomte.agent.move.Outcomes;
import dev.tomte.agent.pod.PodRuntime;
import dev.tomte.contracts.ProcessStatus;
import java.time.Duration;
import java.util.concurrent.Executor;

/**
 * What the processes of a host have in common.
 *
 * @param host its name
 * @param threads runs each task in a thread of its own
 */
public record Site(
        String host,
        PodRuntime pods,
        Criu criu,
        Neighbours neighbours,
        Fences fences,
        Statuses statuses,
        Outcomes outcomes,
        Executor threads) {
    /** The sessions of away processes at their home. */
    public interface Fences {
        /** The register has been decided: all other sessions than the holder's lose. */
        void decided(String process, String incarnation, long epoch, String holder);

        /** The process has ended: all its sessions close. */
        void ended(String process, String incarnation);
    }

    /** Where everybody reads what becomes of processes. Does not wait. */
    public interface Statuses {
        /** @param patience how long it may wait for something more urgent to go with */
        void publish(ProcessStatus status, Duration patience);

        default void publish(ProcessStatus status) {
            publish(status, Duration.ZERO);
        }

        /** Nobody needs to know of it any more. */
        void forget(String process);
    }
}

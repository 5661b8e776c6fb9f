package dev.tomte.agent.move;

import dev.tomte.contracts.Command.MovePlan;
import java.io.IOException;

/** The home of the process of one plan, this host or another. Blocking; any thread. */
public interface Home {
    /**
     * Asks who holds the process.
     *
     * @throws IOException if no answer came; nothing is known then
     * @throws Gone if the home answered that this incarnation of the process is no more; it never comes back
     */
    Register read() throws IOException, Gone;

    /**
     * The same, but waits for a while until the register has left the plan's epoch; as it is, if that does not happen.
     *
     * @throws IOException as {@link #read()}
     * @throws Gone as {@link #read()}
     */
    Register awaitDecision() throws IOException, Gone;

    /**
     * If the register says (incarnation, plan's epoch, plan's source), makes it (incarnation, next epoch, newHolder).
     *
     * @return the register afterwards, whoever changed it
     * @throws IOException if no answer came; it may have been done, may be done later, or never
     * @throws Gone as {@link #read()}
     */
    Register compareAndSet(String newHolder) throws IOException, Gone;

    /** Where a plan's home is asked: at this host's own stubs or by a call to another agent. */
    interface Homes {
        Home of(MovePlan plan);
    }

    /** The home pod has ended or been restarted: the process it was home to cannot live any more. */
    final class Gone extends Exception {
        private final String why;

        public Gone(String why) {
            super(why);
            this.why = why;
        }

        public String why() {
            return why;
        }
    }
}

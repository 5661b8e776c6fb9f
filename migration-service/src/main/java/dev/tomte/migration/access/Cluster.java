package dev.tomte.migration.access;

import java.io.Serial;
import java.util.Optional;

/** What a cluster knows of its users. Any thread. */
public interface Cluster {
    /**
     * Whose token it is.
     *
     * @return empty if the cluster does not take it
     * @throws Silent if the cluster does not answer
     */
    Optional<Caller.User> user(Token token);

    /** @throws Silent if the cluster does not answer */
    boolean permits(Caller.User user, Permission permission);

    /** Nobody knows what is permitted now; so nothing is. */
    final class Silent extends RuntimeException {
        @Serial
        private static final long serialVersionUID = 1;

        public Silent() {
            super("the cluster does not say who may do what");
        }
    }
}

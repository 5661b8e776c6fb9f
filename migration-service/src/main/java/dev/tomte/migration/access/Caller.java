package dev.tomte.migration.access;

import java.security.Principal;
import java.util.List;
import java.util.Map;

/** Who asks. */
public sealed interface Caller extends Principal {
    String name();

    @Override
    default String getName() {
        return name();
    }

    /** One whose certificate has a role that may do everything: all there is in a fleet. */
    record Certified(String name) implements Caller {}

    /**
     * A cluster's user, who may do what the cluster permits him to do with the pods and nodes.
     *
     * @param token by which the cluster knew him
     */
    record User(String name, String uid, List<String> groups, Map<String, List<String>> extra, Token token)
            implements Caller {
        public User {
            groups = List.copyOf(groups);
            extra = Map.copyOf(extra);
        }
    }
}

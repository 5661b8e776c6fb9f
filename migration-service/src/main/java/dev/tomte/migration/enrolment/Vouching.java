package dev.tomte.migration.enrolment;

import java.util.Optional;

/** Who shows a token, as the cluster says. */
@FunctionalInterface
public interface Vouching {
    /** The node on which the agent runs that was given this token; empty: it was given to nobody of ours. */
    Optional<String> node(String token);
}

package dev.tomte.migration.placement;

import dev.tomte.contracts.Rejected;
import java.util.List;

/**
 * What holds of a process now.
 *
 * @param now in words
 * @param hosts every host, and what speaks for it or against it
 */
public record Explanation(String now, List<Rejected> hosts) {
    public Explanation {
        hosts = List.copyOf(hosts);
    }
}

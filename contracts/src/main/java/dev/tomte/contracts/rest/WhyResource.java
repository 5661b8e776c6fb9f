package dev.tomte.contracts.rest;

import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Rejected;
import java.util.List;

/**
 * Why a process is where it is.
 *
 * @param now what holds of it now, in words
 * @param hosts every host, and what speaks for it or against it
 * @param moves of the last day, the newest first
 */
public record WhyResource(ProcessStatus process, String now, List<Rejected> hosts, List<MigrationResource> moves) {
    public WhyResource {
        hosts = List.copyOf(hosts);
        moves = List.copyOf(moves);
    }
}

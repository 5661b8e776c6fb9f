package dev.tomte.migration.placement;

import dev.tomte.contracts.Reason;
import dev.tomte.contracts.Rejected;
import java.util.List;

/**
 * A move that is to be asked for.
 *
 * @param why in words: what made it leave, and why it goes there
 * @param rejected the other hosts, and what spoke against each
 */
public record Move(String process, String source, String target, Reason reason, String why, List<Rejected> rejected) {
    public Move {
        rejected = List.copyOf(rejected);
    }
}

package dev.tomte.migration.placement;

import dev.tomte.contracts.Reason;
import dev.tomte.contracts.Rejected;
import dev.tomte.contracts.Request;
import java.time.Instant;
import java.util.List;

/**
 * A move that is to be asked for; of what has not begun, also one from its home to its home: it begins there, or ends.
 *
 * @param why in words: what made it leave, and why it goes there
 * @param rejected the other hosts, and what spoke against each
 */
public record Move(String process, String source, String target, Reason reason, String why, List<Rejected> rejected) {
    public Move {
        rejected = List.copyOf(rejected);
    }

    /** Whether no host was found for what has not begun. */
    public boolean leadsNowhere() {
        return source.equals(target);
    }

    /** What is asked of the owner of the process's partition. */
    public Request asked(String id, String who, Instant now) {
        return leadsNowhere()
                ? new Request.Begin(process, who, why, now)
                : new Request.Migrate(process, id, source, target, reason, who, why, rejected, now);
    }
}

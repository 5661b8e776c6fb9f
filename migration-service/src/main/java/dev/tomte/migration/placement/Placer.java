package dev.tomte.migration.placement;

import dev.tomte.contracts.Names;
import dev.tomte.contracts.Reason;
import dev.tomte.migration.journal.Outbox;
import dev.tomte.migration.view.FleetView;
import io.prometheus.client.Counter;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks for the moves that placement decides. One replica does at a time, the one that owns the first partition; one that
 * does not know yet that it has been replaced may ask too: the owner of the process's partition lets only one move of it
 * be, and from where it was thought to be. One thread.
 */
public final class Placer {
    private static final Logger LOG = LoggerFactory.getLogger(Placer.class);
    private static final String WHO = "placement";
    /** What was asked for and is not in the journal after so long is forgotten. */
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private static final Counter DECISIONS = Counter.build(
                    "tomte_placement_decisions_total", "Moves that placement has asked for, by what they are for.")
            .labelNames("reason")
            .register();

    static {
        // from zero, so that the first counts as an increase
        for (Reason reason : Reason.values())
            if (reason == Reason.PLACEMENT || reason.isEviction()) DECISIONS.labels(reason.word());
    }

    private final FleetView view;
    private final Snapshots snapshots;
    private final Outbox outbox;
    private final Map<String, Asked> asked = new HashMap<>();

    private record Asked(Snapshot.UnderWay move, Instant at) {}

    public Placer(FleetView view, Snapshots snapshots, Outbox outbox) {
        this.view = view;
        this.snapshots = snapshots;
        this.outbox = outbox;
    }

    /** Looks at the fleet as it is, and asks for what is to be done. */
    public void look(Instant now) {
        asked.entrySet()
                .removeIf(entry -> isAnswered(entry.getKey())
                        || entry.getValue().at().plus(PATIENCE).isBefore(now));
        List<Snapshot.UnderWay> awaited =
                asked.values().stream().map(Asked::move).toList();
        for (Move move : Placement.decide(snapshots.take(awaited, now))) {
            String id = Names.fresh("m");
            LOG.info("{}: {} {} -> {}: {}", id, move.process(), move.source(), move.target(), move.why());
            outbox.ask(move.asked(id, WHO, now));
            DECISIONS.labels(move.reason().word()).inc();
            asked.put(id, new Asked(new Snapshot.UnderWay(move.process(), move.source(), move.target()), now));
        }
    }

    private boolean isAnswered(String migration) {
        return view.migration(migration).isPresent()
                || view.turnedAway(migration).isPresent();
    }

    /** Another replica looks from now on. */
    public void forget() {
        asked.clear();
    }
}

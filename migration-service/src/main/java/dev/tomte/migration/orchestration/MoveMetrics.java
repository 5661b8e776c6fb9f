package dev.tomte.migration.orchestration;

import dev.tomte.contracts.Migration;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.Reason;
import io.prometheus.client.Counter;
import io.prometheus.client.Histogram;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/**
 * What is measured of moves, by the replica that writes their end into the journal: in all replicas together each counts
 * once. Any thread.
 */
final class MoveMetrics {
    private static final double MICROS = 1e6;

    /** As {@link dev.tomte.contracts.Outcome} names them; what an agent of another version says besides is left out. */
    private static final List<String> PHASES =
            List.of("prepare", "ready", "precopy", "freeze", "dump", "transfer", "restore", "commit", "settle");

    private static final String FROZEN = "frozen";

    private static final Counter MOVES = Counter.build("tomte_moves_total", "Moves that have ended.")
            .labelNames("outcome", "reason")
            .register();
    private static final Counter TURNED_AWAY = Counter.build(
                    "tomte_moves_turned_away_total", "Moves that were asked for and not even planned.")
            .labelNames("reason")
            .register();
    private static final Histogram SECONDS = Histogram.build(
                    "tomte_move_seconds",
                    "From the asking until the process runs at its target, of moves that came to that.")
            .labelNames("reason")
            .buckets(.25, .5, 1, 2.5, 5, 10, 20, 40, 60, 120)
            .register();
    private static final Histogram PHASE_SECONDS = Histogram.build(
                    "tomte_move_phase_seconds", "How long the phases of moves took, whatever became of these.")
            .labelNames("phase")
            .buckets(.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10)
            .register();
    private static final Histogram FROZEN_SECONDS = Histogram.build(
                    "tomte_move_frozen_seconds", "How long a process stood still in a move, whatever became of this.")
            .buckets(.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30)
            .register();
    private static final Counter SENT_BYTES = Counter.build(
                    "tomte_move_sent_bytes_total", "Bytes of images that moves have sent between hosts.")
            .register();

    private MoveMetrics() {}

    /** All that there will be begins at zero, so that the first of each counts as an increase. Again: no effect. */
    static void begin() {
        for (Reason reason : Reason.values()) {
            if (reason == Reason.UNKNOWN) continue;
            for (MoveState state : MoveState.values()) if (state.isFinal()) MOVES.labels(word(state), reason.word());
            TURNED_AWAY.labels(reason.word());
            SECONDS.labels(reason.word());
        }
        PHASES.forEach(PHASE_SECONDS::labels);
    }

    private static String word(MoveState state) {
        return state.name().toLowerCase(Locale.ROOT);
    }

    /** The journal has its end. */
    static void ended(Migration move) {
        MOVES.labels(word(move.state()), move.reason().word()).inc();
        SENT_BYTES.inc((double) move.bytes());
        move.micros().forEach((phase, micros) -> {
            if (phase.equals(FROZEN)) FROZEN_SECONDS.observe(micros / MICROS);
            else if (PHASES.contains(phase)) PHASE_SECONDS.labels(phase).observe(micros / MICROS);
        });
        Instant asked = move.times().get(MoveState.REQUESTED);
        Instant settled = move.times().get(MoveState.SETTLED);
        if (asked != null && settled != null)
            SECONDS.labels(move.reason().word())
                    .observe(Math.max(0, Duration.between(asked, settled).toMillis() / 1e3));
    }

    /** There is no journal of it. */
    static void turnedAway(Reason reason) {
        TURNED_AWAY.labels(reason.word()).inc();
    }
}

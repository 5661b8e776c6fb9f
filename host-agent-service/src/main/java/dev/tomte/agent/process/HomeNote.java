package dev.tomte.agent.process;

import dev.tomte.contracts.Command.MovePlan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a home's agent must remember of a process; kept by the home stub.
 *
 * @param hereEpoch the epoch of the tree that is, or was last, in the home pod
 * @param away CPU time by epoch, microseconds, of those epochs that other hosts held
 * @param addresses of the hosts that take or took part in its moves
 * @param expected the move whose session is expected next; null: none
 * @param signals not passed on yet, in order
 * @param reached what the home had had of each stream of an epoch when that epoch was to end
 * @param arrivingEpoch of the tree that was last restored here
 * @param arrivingRoot its root's PID
 */
record HomeNote(
        long hereEpoch,
        Map<Long, Long> away,
        Map<String, String> addresses,
        @Nullable MovePlan expected,
        List<Integer> signals,
        @Nullable Reached reached,
        long arrivingEpoch,
        int arrivingRoot) {
    static final HomeNote FIRST = new HomeNote(1, Map.of(), Map.of(), null, List.of(), null, 0, 0);

    /** Offsets of stdout and stderr. */
    record Reached(long epoch, long out, long err) {}

    HomeNote {
        away = Map.copyOf(away);
        addresses = Map.copyOf(addresses);
        signals = List.copyOf(signals);
    }

    HomeNote here(long epoch) {
        return new HomeNote(epoch, away, addresses, expected, signals, reached, arrivingEpoch, arrivingRoot);
    }

    HomeNote arriving(long epoch, int root) {
        return new HomeNote(hereEpoch, away, addresses, expected, signals, reached, epoch, root);
    }

    HomeNote used(long epoch, long micros) {
        Map<Long, Long> more = new HashMap<>(away);
        more.merge(epoch, micros, Math::max);
        return new HomeNote(hereEpoch, more, addresses, expected, signals, reached, arrivingEpoch, arrivingRoot);
    }

    HomeNote expecting(MovePlan plan) {
        Map<String, String> more = new HashMap<>(addresses);
        more.put(plan.source(), plan.sourceAddress());
        more.put(plan.target(), plan.targetAddress());
        return new HomeNote(hereEpoch, away, more, plan, signals, reached, arrivingEpoch, arrivingRoot);
    }

    HomeNote queued(int signal) {
        List<Integer> more = new ArrayList<>(signals);
        more.add(signal);
        return new HomeNote(hereEpoch, away, addresses, expected, more, reached, arrivingEpoch, arrivingRoot);
    }

    HomeNote firstPassedOn() {
        return new HomeNote(
                hereEpoch,
                away,
                addresses,
                expected,
                signals.subList(1, signals.size()),
                reached,
                arrivingEpoch,
                arrivingRoot);
    }

    HomeNote reached(Reached newest) {
        return new HomeNote(hereEpoch, away, addresses, expected, signals, newest, arrivingEpoch, arrivingRoot);
    }

    long awayMicros() {
        return away.values().stream().mapToLong(Long::longValue).sum();
    }
}

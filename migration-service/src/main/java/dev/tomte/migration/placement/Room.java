package dev.tomte.migration.placement;

import dev.tomte.contracts.Availability;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** How full the hosts are, those counted that are on their way. Changes as moves are decided. */
final class Room {
    private final Snapshot snapshot;
    private final Map<String, Availability> hosts = new LinkedHashMap<>();
    private final Map<String, Integer> guests = new HashMap<>();
    private final Map<String, Integer> moves = new HashMap<>();
    private final Map<String, Integer> leaving = new HashMap<>();
    private final Map<String, Long> taken = new HashMap<>();
    private int underWay;

    Room(Snapshot snapshot) {
        this.snapshot = snapshot;
        for (Availability host : snapshot.hosts()) hosts.put(host.host(), host);
        Map<String, Movable> byId = new HashMap<>();
        for (Movable one : snapshot.processes()) {
            byId.put(one.id(), one);
            if (one.isAway()) guests.merge(one.holder(), 1, Integer::sum);
        }
        for (Snapshot.UnderWay move : snapshot.underWay()) {
            Movable one = byId.get(move.process());
            if (one != null) begin(one, move.target());
        }
    }

    Collection<Availability> hosts() {
        return hosts.values();
    }

    Optional<Availability> host(String name) {
        return Optional.ofNullable(hosts.get(name));
    }

    boolean isHeard(String name) {
        return host(name).filter(it -> !it.isSilent(snapshot.now())).isPresent();
    }

    /** Counts a move that is decided. */
    void begin(Movable one, String target) {
        underWay++;
        moves.merge(one.holder(), 1, Integer::sum);
        moves.merge(target, 1, Integer::sum);
        leaving.merge(one.holder(), 1, Integer::sum);
        if (!target.equals(one.home())) {
            guests.merge(target, 1, Integer::sum);
            taken.merge(target, one.process().memory(), Long::sum);
        }
    }

    int guests(String host) {
        return guests.getOrDefault(host, 0);
    }

    /** Moves that the host takes part in. */
    int moves(String host) {
        return moves.getOrDefault(host, 0);
    }

    int leaving(String host) {
        return leaving.getOrDefault(host, 0);
    }

    boolean isFull() {
        return underWay >= snapshot.limits().movesAtOnce();
    }

    /** Bytes that a process more may have there. */
    long memory(Availability host) {
        return host.freeMemory()
                - taken.getOrDefault(host.host(), 0L)
                - snapshot.limits().memoryReserve();
    }

    /** For how long it has stood as it does; what has passed since it said so is not counted, for clocks differ. */
    static Duration lasting(Availability host) {
        return Duration.ofMillis(host.sharing().lastingMillis());
    }
}

package dev.tomte.migration.placement;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Availability.State;
import dev.tomte.contracts.Cause;
import dev.tomte.contracts.Reason;
import dev.tomte.contracts.Who;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What must hold of every decision, whatever the hosts and processes: tried on thousands of random offices. */
class RandomOfficesTest {
    private static final int OFFICES = 3000;
    private static final List<Cause> CAUSES = List.of(Cause.values());
    private static final List<Who> WHOSE = List.of(Who.values());

    private static Office office(Random random) {
        Office office = new Office();
        int hosts = 1 + random.nextInt(8);
        for (int i = 0; i < hosts; i++) {
            String name = "ws" + i;
            if (random.nextBoolean()) office.idle(name, Duration.ofSeconds(random.nextInt(5000)));
            else office.busy(name, CAUSES.get(random.nextInt(CAUSES.size())), "busy");
            if (random.nextInt(6) == 0)
                office.policy(
                        name,
                        it -> it.withImports(WHOSE.get(random.nextInt(WHOSE.size())))
                                .draining(random.nextBoolean()));
            if (random.nextInt(8) == 0) office.policy(name, it -> it.withExports(Who.NONE));
        }
        for (int i = 0; i < random.nextInt(20); i++) {
            String id = "p" + i;
            office.process(
                    id,
                    "ws" + random.nextInt(hosts),
                    "ws" + random.nextInt(hosts),
                    random.nextInt(9000) * Office.MIB,
                    Office.NOW.minusSeconds(random.nextInt(100)),
                    random.nextInt(4) > 0);
            if (random.nextInt(5) == 0) office.moving(id, office.movable(id).holder(), "ws" + random.nextInt(hosts));
            int recent = random.nextInt(25);
            boolean putThere = random.nextInt(6) == 0;
            office.past(
                    id,
                    it -> new Movable(
                            it.process(),
                            it.holder(),
                            it.moving(),
                            putThere,
                            recent,
                            Instant.EPOCH,
                            Instant.EPOCH,
                            Set.of(),
                            Optional.empty()));
        }
        return office;
    }

    private static void check(Snapshot snapshot, List<Move> moves) {
        Map<String, Availability> hosts =
                snapshot.hosts().stream().collect(Collectors.toMap(Availability::host, Function.identity()));
        Map<String, Movable> processes =
                snapshot.processes().stream().collect(Collectors.toMap(Movable::id, Function.identity()));
        Set<String> moved = new HashSet<>();
        Map<String, Integer> guests = new HashMap<>();
        Map<String, Integer> placed = new HashMap<>();
        snapshot.processes().stream().filter(Movable::isAway).forEach(it -> guests.merge(it.holder(), 1, Integer::sum));
        for (Move move : moves) {
            Movable one = requireNonNull(processes.get(move.process()));
            Availability target = requireNonNull(hosts.get(move.target()));
            assertTrue(moved.add(move.process()), () -> "two moves of " + move);
            assertTrue(!one.moving(), () -> "it moves already: " + move);
            assertEquals(one.holder(), move.source());
            assertNotEquals(move.source(), move.target());
            if (move.target().equals(one.home())) {
                assertTrue(move.reason().isEviction(), move::toString);
                continue;
            }
            assertEquals(State.AVAILABLE, target.state(), () -> "never on a busy host: " + move);
            assertTrue(target.sharing().policy().mayImport(one.process().user()), () -> "against its policy: " + move);
            assertTrue(
                    one.process().memory() + snapshot.limits().memoryReserve() <= target.freeMemory(), move::toString);
            assertTrue(one.recentMoves() < snapshot.limits().movesPerHour(), () -> "once too often: " + move);
            int most = target.sharing().cores() * snapshot.limits().guestsPerCore();
            assertTrue(guests.merge(move.target(), 1, Integer::sum) <= most, () -> "too many guests: " + move);
            if (move.reason() == Reason.PLACEMENT) {
                assertTrue(one.process().shared(), () -> "it is to stay: " + move);
                assertTrue(
                        placed.merge(move.target(), 1, Integer::sum)
                                <= snapshot.limits().movesPerHost(),
                        move::toString);
            }
        }
        assertTrue(
                moves.size() + snapshot.underWay().size() <= snapshot.limits().movesAtOnce() || moves.isEmpty(),
                () -> moves.size() + " at once");
    }

    @Test
    void noRuleIsEverBroken() {
        for (int seed = 0; seed < OFFICES; seed++) {
            Snapshot snapshot = office(new Random(seed)).snapshot();
            List<Move> moves = Placement.decide(snapshot);
            int it = seed;
            try {
                check(snapshot, moves);
            } catch (AssertionError e) {
                throw new AssertionError("seed " + it, e);
            }
            assertEquals(moves, Placement.decide(snapshot), "the same is decided again");
        }
    }

    /** As long as hosts come free again and again, whoever waits has its turn, in the order of waiting. */
    @Test
    void nobodyStarves() {
        Map<String, Instant> waiting = new TreeMap<>();
        for (int i = 0; i < 40; i++) waiting.put("p%02d".formatted(i), Office.NOW.minusSeconds(1000 - i));
        int rounds = 0;
        while (!waiting.isEmpty()) {
            Office office = new Office().busy("ws1", Cause.OWNER, "").idle("ws2", Duration.ofSeconds(rounds + 1));
            // newcomers all the time, none of whom may overtake
            for (int i = 0; i < 3; i++)
                office.process("new" + rounds + i, "ws1", "ws1", Office.MIB, Office.NOW.minusSeconds(5), true);
            waiting.forEach((id, since) -> office.process(id, "ws1", "ws1", Office.MIB, since, true));
            for (Move move : office.decide()) assertTrue(waiting.remove(move.process()) != null, move::toString);
            rounds++;
        }
        assertEquals(20, rounds);
    }
}

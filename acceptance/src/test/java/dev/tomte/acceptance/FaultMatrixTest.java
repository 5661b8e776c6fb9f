package dev.tomte.acceptance;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.Names;
import dev.tomte.contracts.rest.MigrationResource;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A guest of ws2, at home on ws1, moves to ws3, and at every state of the move something dies or is cut. Afterwards it
 * runs in one place, has done everything once, and moves again.
 */
@Order(5)
@Timeout(value = 240, unit = TimeUnit.SECONDS)
@EnabledIfSystemProperty(
        named = "tomte.long",
        matches = "true",
        disabledReason = "takes 15 minutes, and some of its cases fail still: ./tomte check --long")
class FaultMatrixTest {
    private static final String HOME = "ws1";
    private static final String SOURCE = "ws2";
    private static final String TARGET = "ws3";
    private static final Duration END = Duration.ofMinutes(2);
    private static final Duration OUTAGE = Duration.ofSeconds(30);
    private static final Set<MoveState> NOTHING_LOST =
            Set.of(MoveState.SETTLED, MoveState.ROLLED_BACK, MoveState.REFUSED);
    private static final List<String> SOURCE_POINTS =
            List.of("source-PREPARED", "source-FROZEN", "source-RESTORED", "source-PROPOSED", "source-COMMITTED");
    private static final List<String> TARGET_POINTS =
            List.of("target-PREPARED", "target-FROZEN", "target-RESTORED", "target-COMMITTED");

    private final Fleet fleet = Fleet.up();
    private final Faults faults = new Faults(fleet);

    /** What is done while the move stands still at its fail point, and after it has been released. */
    private interface Fault {
        void happen(FailPoint point) throws IOException;
    }

    private static String host(String point) {
        return point.startsWith("source") ? SOURCE : TARGET;
    }

    private void during(String point, Fault fault) throws IOException {
        // whoever died in the case before
        fleet.awaitWhole();
        try (Guest guest = Guest.counter(fleet, HOME, Names.fresh("fault"));
                Checker checker = new Checker(guest.id())) {
            guest.migrate(SOURCE);
            guest.progress(3);
            String migration;
            try (FailPoint failPoint = FailPoint.at(host(point), point)) {
                migration = guest.begin(TARGET);
                failPoint.awaitPaused();
                fault.happen(failPoint);
            }
            MigrationResource end = guest.end(migration, END);
            assertTrue(NOTHING_LOST.contains(end.state()), end::toString);
            // past the commit point there is one way only
            if (point.endsWith("COMMITTED")) assertEquals(MoveState.SETTLED, end.state(), end::toString);
            String holder = end.state() == MoveState.SETTLED ? TARGET : SOURCE;
            guest.awaitHolder(holder);
            guest.progress(5);
            String other = holder.equals(TARGET) ? SOURCE : TARGET;
            await("nothing of it is left on " + other)
                    .atMost(END)
                    .until(() -> checker.pods(other).isEmpty());
            assertEquals(1, checker.runnable().size(), checker.runnable()::toString);
            guest.migrate(other);
            guest.progress(3);
            guest.migrate("home");
            guest.finish();
            checker.assertNeverTwo();
        }
    }

    static Stream<Arguments> agents() {
        List<Arguments> all = new ArrayList<>();
        for (String victim : List.of(SOURCE, TARGET, HOME)) {
            SOURCE_POINTS.forEach(point -> all.add(Arguments.of(victim, point)));
            TARGET_POINTS.forEach(point -> all.add(Arguments.of(victim, point)));
        }
        return all.stream();
    }

    /** In the fleet a host's agent and its home proxy are one process. */
    @ParameterizedTest(name = "the agent and home proxy of {0} die at {1}")
    @MethodSource("agents")
    void anAgentAndItsHomeProxyDie(String victim, String point) throws IOException {
        during(point, failPoint -> {
            Instant killed = Instant.now();
            // released once it is dead: it must not stand there again when it is back
            faults.kill(victim, failPoint::release);
            faults.awaitBack(victim, killed);
        });
    }

    static Stream<Arguments> replicas() {
        return Stream.of("migration-1", "migration-2")
                .flatMap(replica -> Stream.of("target-PREPARED", "source-FROZEN", "source-COMMITTED")
                        .map(point -> Arguments.of(replica, point)));
    }

    @ParameterizedTest(name = "{0} dies at {1}")
    @MethodSource("replicas")
    void aReplicaOfTheMigrationServiceDies(String replica, String point) throws IOException {
        during(point, failPoint -> faults.kill(replica, failPoint::release));
    }

    @ParameterizedTest(name = "the broker is away for 30 s at {0}")
    @MethodSource("brokerPoints")
    void theBrokerIsAway(String point) throws IOException {
        during(point, failPoint -> {
            Fleet.tomte("crash", "broker").expect(0);
            try {
                failPoint.release();
                await("the outage")
                        .pollDelay(OUTAGE)
                        .atMost(OUTAGE.plusSeconds(10))
                        .until(() -> true);
            } finally {
                Fleet.tomte("start", "broker").expect(0);
            }
            Fleet.HOSTS.forEach(host -> faults.awaitBack(host, Instant.now()));
        });
    }

    static Stream<String> brokerPoints() {
        return Stream.of("target-PREPARED", "source-RESTORED");
    }

    static Stream<Arguments> connections() {
        List<Arguments> all = new ArrayList<>();
        for (String point : List.of("source-PREPARED", "source-FROZEN", "source-RESTORED", "source-COMMITTED"))
            for (List<String> ends : List.of(List.of(SOURCE, TARGET), List.of(SOURCE, HOME), List.of(TARGET, HOME)))
                all.add(Arguments.of(ends.getFirst(), ends.getLast(), point));
        return all.stream();
    }

    @ParameterizedTest(name = "the connection of {0} and {1} is cut at {2}")
    @MethodSource("connections")
    void aConnectionIsCut(String one, String other, String point) throws IOException {
        during(point, failPoint -> {
            try (Faults.Cut cut = faults.cut(one, other)) {
                failPoint.release();
                // longer than any call waits for an answer, so that all of them have been missed
                await(cut + " lasts")
                        .pollDelay(Duration.ofSeconds(5))
                        .atMost(OUTAGE)
                        .until(() -> true);
            }
        });
    }
}

package dev.tomte.acceptance;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertAll;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Guests of ws2, at home on ws1, move to ws3, each stands still at another state of its move, and then something dies or
 * is cut: each test is a fault, times every state. Afterwards each process runs in one place, has done everything once,
 * and moves again.
 */
@Order(5)
@Timeout(value = 900, unit = TimeUnit.SECONDS)
class FaultMatrixTest {
    private static final Duration OUTAGE = Duration.ofSeconds(30);
    /** Longer than any call waits for an answer, so that all of them have been missed. */
    private static final Duration CUT = Duration.ofSeconds(6);

    /** There are two cores, and a move waits more than it computes. */
    private static final int AT_ONCE = 3;

    private static final List<String> POINTS = List.of(
            "source-FROZEN",
            "source-RESTORED",
            "source-PROPOSED",
            "source-COMMITTED",
            "target-FROZEN",
            "target-RESTORED",
            "target-COMMITTED",
            // last: who stands there for long is given up
            "source-PREPARED",
            "target-PREPARED");

    private final Fleet fleet = Fleet.up();
    private final Faults faults = new Faults(fleet);

    /** What is done while the moves stand still; they are let go on by {@code release}, or at the latest after it. */
    private interface Fault {
        void happen(Runnable release) throws IOException;
    }

    private void atEveryState(Fault fault) throws IOException {
        // whoever died in the test before
        fleet.awaitWhole();
        Map<String, Cell> made = new ConcurrentHashMap<>();
        try {
            atOnce(POINTS, point -> made.put(point, Cell.at(fleet, point)));
            List<Cell> cells = POINTS.stream().map(made::get).toList();
            List<String> processes = cells.stream().map(Cell::process).toList();
            try (Checker checker = new Checker(processes)) {
                for (Cell cell : cells) cell.stand();
                fault.happen(() -> cells.forEach(Cell::release));
                cells.forEach(Cell::release);
                atOnce(cells, cell -> cell.settle(checker));
                checker.assertNeverTwo();
            }
        } finally {
            made.values().forEach(Cell::close);
        }
    }

    private interface Step<A> {
        void of(A one) throws IOException;
    }

    /** Some at a time; throws what any of them did, when all have ended. */
    private static <A> void atOnce(List<A> all, Step<A> step) {
        try (ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE)) {
            List<Future<?>> begun = new ArrayList<>();
            for (A one : all)
                begun.add(threads.submit(() -> {
                    step.of(one);
                    return one;
                }));
            assertAll(begun.stream().<Executable>map(one -> () -> ended(one)));
        }
    }

    private static void ended(Future<?> one) throws Throwable {
        try {
            one.get();
        } catch (ExecutionException e) {
            throw e.getCause();
        }
    }

    /** In the fleet a host's agent and its home proxy are one process. */
    @ParameterizedTest(name = "the agent and home proxy of {0} die")
    @ValueSource(strings = {Cell.SOURCE, Cell.TARGET, Cell.HOME})
    void anAgentAndItsHomeProxyDie(String victim) throws IOException {
        atEveryState(release -> {
            Instant killed = Instant.now();
            // released once it is dead: it must not stand there again when it is back
            faults.kill(victim, release);
            faults.awaitBack(victim, killed);
        });
    }

    @ParameterizedTest(name = "{0} dies")
    @ValueSource(strings = {"migration-1", "migration-2"})
    void aReplicaOfTheMigrationServiceDies(String replica) throws IOException {
        atEveryState(release -> faults.kill(replica, release));
    }

    @Test
    void theBrokerIsAway() throws IOException {
        atEveryState(release -> {
            Fleet.tomte("crash", "broker").expect(0);
            try {
                release.run();
                lasts("the outage", OUTAGE);
            } finally {
                Fleet.tomte("start", "broker").expect(0);
            }
            Fleet.HOSTS.forEach(host -> faults.awaitBack(host, Instant.now()));
        });
    }

    @ParameterizedTest(name = "the connection of {0} and {1} is cut")
    @CsvSource({"ws2, ws3", "ws2, ws1", "ws3, ws1"})
    void aConnectionIsCut(String one, String other) throws IOException {
        atEveryState(release -> {
            try (Faults.Cut cut = faults.cut(one, other)) {
                release.run();
                lasts(cut.toString(), CUT);
            }
        });
    }

    private static void lasts(String what, Duration time) {
        await(what).pollDelay(time).atMost(time.plusSeconds(10)).until(() -> true);
    }
}

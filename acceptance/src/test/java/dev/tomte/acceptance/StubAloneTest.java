package dev.tomte.acceptance;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.contracts.Names;
import dev.tomte.contracts.rest.RunOrder;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Nobody but the agent can speak to the stub, trace it or read its memory: the process that it runs least of all, at home
 * and away, also when that is root in its pod.
 */
@Order(6)
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class StubAloneTest {
    private static final int ATTEMPTS = 11;
    private static final String REFUSED = "(speak (closed|EACCES|ENOENT|ECONNREFUSED)"
            + "|(trace|read|write|maps|root|descriptor|pipe|mount) (EACCES|EPERM|ENOENT)|io_uring ENOSYS|kill None)";

    private final Fleet fleet = Fleet.up();

    @ParameterizedTest
    @ValueSource(ints = {1000, 0})
    void theProcessDoesNotReachIt(int uid) throws IOException {
        String name = Names.fresh("reach");
        fleet.install("ws1", "reach.py", Programs.source("reach.py"));
        RunOrder order =
                new RunOrder(name, "ws1", List.of("/usr/bin/python3", "reach.py", name), Map.of(), "/home/tomte", uid);
        try (Guest guest = Guest.run(fleet, order)) {
            await("its first attempts")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> guest.lines().size() > ATTEMPTS);
            guest.migrate("ws2");
            fleet.install("ws1", name + ".again", new byte[0]);
            assertEquals(0, guest.awaitExit(), guest::log);
            List<String> said = guest.lines();
            assertEquals("as " + uid, said.getFirst());
            assertEquals("end", said.getLast());
            List<String> attempts = said.subList(1, said.size() - 1);
            assertEquals(2 * ATTEMPTS, attempts.size(), attempts::toString);
            for (String attempt : attempts) assertTrue(attempt.matches(REFUSED), attempts::toString);
        }
    }
}

package dev.tomte.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tomte.agent.pod.TestHost;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.Outcome;
import dev.tomte.contracts.ProcessStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Agents that are killed with SIGKILL, and those that come after them; real pods, a real process. */
@Timeout(300)
final class KilledAgentTest {
    private TestFleet fleet;

    @BeforeEach
    void up() throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(TestHost.tools().resolve("criu")), "no criu in " + TestHost.tools());
        fleet = new TestFleet(true, "ws1", "ws2");
        fleet.awaitUp();
    }

    @AfterEach
    void down() throws IOException {
        if (fleet != null) fleet.close();
    }

    private void restart(String host) throws Exception {
        fleet.restart(host);
        fleet.awaitUp();
    }

    private void endsWithEveryNumberOnce() throws Exception {
        fleet.awaitGrowth("p-one");
        fleet.signal("p-one", 9);
        ProcessStatus end = fleet.said().awaitStatus("p-one", it -> !it.isLiving());
        assertEquals(137, end.exitStatus());
        List<String> lines = fleet.lines("p-one");
        assertEquals(TestFleet.numbers(lines.size()), lines);
        List<String> written = Files.readAllLines(fleet.root("ws1").resolve("home/tomte/count.txt"));
        assertEquals(TestFleet.numbers(written.size()), written);
        fleet.awaitNoPods();
    }

    @Test
    void whatIsAwayGoesOnAndComesHome() throws Exception {
        ProcessStatus status = fleet.start("p-one", TestFleet.COUNT);
        assertEquals(
                MoveState.SETTLED,
                fleet.move(status, "ws1", "ws2", 1, TestFleet.COUNT).state());
        for (String host : List.of("ws2", "ws1")) {
            fleet.awaitGrowth("p-one");
            restart(host);
        }
        fleet.awaitGrowth("p-one");
        Outcome home = fleet.move(status, "ws2", "ws1", 2, TestFleet.COUNT);
        assertEquals(MoveState.SETTLED, home.state(), home.message());
        endsWithEveryNumberOnce();
    }

    @Test
    void aSourceKilledBeforeItProposedKeepsTheProcess() throws Exception {
        ProcessStatus status = fleet.start("p-one", TestFleet.COUNT);
        Path pause = pauseAt("ws1", "source-RESTORED");
        MovePlan plan = fleet.begin(status, "ws1", "ws2", 1, TestFleet.COUNT);
        awaitPaused("ws1", "source-RESTORED");
        Files.delete(pause);
        restart("ws1");
        assertEquals(MoveState.ROLLED_BACK, fleet.end(plan).state());
        fleet.awaitGrowth("p-one");
        Outcome again = fleet.move(status, "ws1", "ws2", 2, TestFleet.COUNT);
        assertEquals(MoveState.SETTLED, again.state(), again.message());
        endsWithEveryNumberOnce();
    }

    @Test
    void aTargetKilledWithARestoredTreeLetsItRunWhenTheHomeSaysSo() throws Exception {
        ProcessStatus status = fleet.start("p-one", TestFleet.COUNT);
        pauseAt("ws1", "source-RESTORED");
        MovePlan plan = fleet.begin(status, "ws1", "ws2", 1, TestFleet.COUNT);
        awaitPaused("ws1", "source-RESTORED");
        restart("ws2");
        Files.delete(fleet.run("ws1").resolve("pause/pause-source-RESTORED"));
        assertEquals(MoveState.SETTLED, fleet.end(plan).state());
        endsWithEveryNumberOnce();
    }

    @Test
    void theEndThatAKilledSourceHadNotToldYetIsToldByTheNext() throws Exception {
        ProcessStatus status = fleet.start("p-one", TestFleet.COUNT);
        Path pause = pauseAt("ws1", "source-FORGOTTEN");
        MovePlan plan = fleet.begin(status, "ws1", "ws2", 1, TestFleet.COUNT);
        awaitPaused("ws1", "source-FORGOTTEN");
        Files.delete(pause);
        restart("ws1");
        assertEquals(MoveState.SETTLED, fleet.end(plan).state());
        while (!kept("ws1").isEmpty()) Thread.sleep(5);
        endsWithEveryNumberOnce();
    }

    private List<Path> kept(String host) throws IOException {
        try (Stream<Path> all = Files.list(fleet.run(host).resolve("outcomes"))) {
            return all.toList();
        }
    }

    private Path pauseAt(String host, String point) throws IOException {
        return Files.createFile(fleet.run(host).resolve("pause/pause-" + point));
    }

    private void awaitPaused(String host, String point) throws InterruptedException {
        while (!Files.exists(fleet.run(host).resolve("pause/paused-" + point))) Thread.sleep(5);
    }
}

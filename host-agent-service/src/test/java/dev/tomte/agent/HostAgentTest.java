package dev.tomte.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tomte.agent.pod.TestHost;
import dev.tomte.contracts.Command;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.Outcome;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Request.Launch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Agents of three hosts in one JVM, on addresses of the loopback; everything else is real. */
@Timeout(120)
final class HostAgentTest {
    private static final String COUNT = "i=0; while :; do i=$((i+1)); echo $i; echo $i >> count.txt; sleep 0.02; done";

    private TestFleet fleet;
    private long generation;

    @BeforeEach
    void up() throws IOException {
        assumeTrue(Files.isExecutable(TestHost.tools().resolve("criu")), "no criu in " + TestHost.tools());
        fleet = new TestFleet("ws1", "ws2", "ws3");
    }

    @AfterEach
    void down() throws IOException {
        if (fleet != null) fleet.close();
    }

    private Launch launch(String... command) {
        return new Launch("count", List.of(command), Map.of(), "/home/tomte", 1000);
    }

    private ProcessStatus start(String process, Launch launch) throws Exception {
        fleet.agent("ws1").take(new Command.Start("ws1", process, ++generation, launch));
        return fleet.said().awaitStatus(process, status -> true);
    }

    private Outcome move(ProcessStatus status, String from, String to, long epoch, Launch launch) throws Exception {
        MovePlan plan = fleet.plan(status, from, to, epoch);
        fleet.agent("ws1").take(new Command.Expect("ws1", ++generation, plan));
        fleet.agent(to).take(new Command.Prepare(to, generation, plan, launch));
        Outcome prepared = fleet.said().awaitOutcome(plan, MoveState.PREPARED, MoveState.REFUSED);
        assertEquals(MoveState.PREPARED, prepared.state(), prepared.message());
        fleet.agent(from).take(new Command.Move(from, generation, plan));
        return fleet.said()
                .awaitOutcome(plan, MoveState.SETTLED, MoveState.REFUSED, MoveState.ROLLED_BACK, MoveState.LOST);
    }

    private void awaitGrowth() throws Exception {
        long now = lines().size();
        while (lines().size() < now + 5) Thread.sleep(5);
    }

    private List<String> lines() throws IOException {
        return Files.readAllLines(fleet.log("ws1", "p-one"));
    }

    private static List<String> numbers(int upto) {
        return IntStream.rangeClosed(1, upto).mapToObj(Integer::toString).collect(Collectors.toList());
    }

    @Test
    void aProcessGoesFromHostToHostAndHome() throws Exception {
        Launch launch = launch("sh", "-c", COUNT);
        ProcessStatus status = start("p-one", launch);
        assertEquals("ws1", status.holder());
        awaitGrowth();
        assertSettled(move(status, "ws1", "ws2", 1, launch));
        awaitGrowth();
        assertSettled(move(status, "ws2", "ws3", 2, launch));
        awaitGrowth();
        assertSettled(move(status, "ws3", "ws1", 3, launch));
        awaitGrowth();
        assertSettled(move(status, "ws1", "ws3", 4, launch));
        awaitGrowth();
        fleet.agent("ws1").take(new Command.Signal("ws1", "p-one", ++generation, 15));
        ProcessStatus end = fleet.said().awaitStatus("p-one", it -> !it.isLiving());
        assertEquals(143, end.exitStatus());
        assertEquals(ProcessStatus.State.ENDED, end.state());
        assertTrue(end.cpuHomeMicros() > 0 && end.cpuAwayMicros() > 0, end.toString());
        List<String> lines = lines();
        assertEquals(numbers(lines.size()), lines);
        Path file = fleet.root("ws1").resolve("home/tomte/count.txt");
        List<String> written = Files.readAllLines(file);
        assertEquals(numbers(written.size()), written);
        assertTrue(written.size() >= lines.size() - 1);
        assertFalse(Files.exists(fleet.root("ws2").resolve("home/tomte/count.txt")));
        fleet.awaitNoPods();
    }

    private static void assertSettled(Outcome outcome) {
        assertEquals(MoveState.SETTLED, outcome.state(), outcome.message());
    }

    @Test
    void anotherAgentGoesOnWithWhatOneLeft() throws Exception {
        ProcessStatus status = start("p-one", launch("sh", "-c", COUNT));
        awaitGrowth();
        fleet.restart("ws1");
        assertEquals(
                status.incarnation(),
                fleet.said().awaitStatus("p-one", it -> true).incarnation());
        awaitGrowth();
        fleet.agent("ws1").take(new Command.Signal("ws1", "p-one", ++generation, 9));
        assertEquals(
                137, fleet.said().awaitStatus("p-one", it -> !it.isLiving()).exitStatus());
        assertEquals(numbers(lines().size()), lines());
        fleet.awaitNoPods();
    }

    @Test
    void whatEndsAwayEndsAtHomeWithItsStatus() throws Exception {
        Launch launch = launch("sh", "-c", "while [ ! -e go ]; do sleep 0.02; done; echo bye; exit 7");
        ProcessStatus status = start("p-one", launch);
        assertSettled(move(status, "ws1", "ws2", 1, launch));
        Files.createFile(fleet.root("ws1").resolve("home/tomte/go"));
        ProcessStatus end = fleet.said().awaitStatus("p-one", it -> !it.isLiving());
        assertEquals(7, end.exitStatus());
        assertEquals(List.of("bye"), lines());
        // A repeated command starts nothing.
        fleet.agent("ws1").take(new Command.Start("ws1", "p-one", ++generation, launch));
        fleet.awaitNoPods();
    }

    @Test
    void aCommandThatDoesNotExistEndsWith127() throws Exception {
        start("p-one", launch("no-such-command", "--now"));
        ProcessStatus end = fleet.said().awaitStatus("p-one", it -> !it.isLiving());
        assertEquals(127, end.exitStatus());
        assertTrue(lines().getFirst().contains("no-such-command"), lines().toString());
        fleet.awaitNoPods();
        fleet.restart("ws1");
        assertEquals(
                127, fleet.said().awaitStatus("p-one", it -> !it.isLiving()).exitStatus());
    }

    @Test
    void aFileLockIsRefusedWithItsName() throws Exception {
        Launch launch = launch("flock", "held.lock", "sh", "-c", "touch locked; exec sleep 60");
        ProcessStatus status = start("p-one", launch);
        // flock starts its command when it has the lock.
        while (!Files.exists(fleet.root("ws1").resolve("home/tomte/locked"))) Thread.sleep(5);
        Outcome refused = move(status, "ws1", "ws2", 1, launch);
        assertEquals(MoveState.REFUSED, refused.state());
        assertTrue(refused.message().contains("/home/tomte/held.lock"), refused.message());
    }
}

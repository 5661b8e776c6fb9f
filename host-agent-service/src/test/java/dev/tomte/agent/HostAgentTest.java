package dev.tomte.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tomte.agent.pod.TestHost;
import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Cause;
import dev.tomte.contracts.Command;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.Outcome;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Request.Launch;
import dev.tomte.contracts.Request.Launch.Begins;
import dev.tomte.contracts.Who;
import dev.tomte.wire.Holding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Agents of three hosts in one JVM, on addresses of the loopback; everything else is real. */
@Timeout(300)
final class HostAgentTest {
    private TestFleet fleet;

    @BeforeEach
    void up() throws IOException {
        assumeTrue(Files.isExecutable(TestHost.tools().resolve("criu")), "no criu in " + TestHost.tools());
        fleet = new TestFleet(false, "ws1", "ws2", "ws3");
    }

    @AfterEach
    void down() throws IOException {
        if (fleet != null) fleet.close();
    }

    @Test
    void aProcessGoesFromHostToHostAndHome() throws Exception {
        Launch launch = TestFleet.COUNT;
        ProcessStatus status = fleet.start("p-one", launch);
        assertEquals("ws1", status.holder());
        fleet.awaitGrowth("p-one");
        assertSettled(fleet.move(status, "ws1", "ws2", 1, launch));
        fleet.awaitGrowth("p-one");
        assertSettled(fleet.move(status, "ws2", "ws3", 2, launch));
        fleet.awaitGrowth("p-one");
        assertSettled(fleet.move(status, "ws3", "ws1", 3, launch));
        fleet.awaitGrowth("p-one");
        assertSettled(fleet.move(status, "ws1", "ws3", 4, launch));
        fleet.awaitGrowth("p-one");
        fleet.signal("p-one", 15);
        ProcessStatus end = fleet.said().awaitStatus("p-one", it -> !it.isLiving());
        assertEquals(143, end.exitStatus());
        assertEquals(ProcessStatus.State.ENDED, end.state());
        assertTrue(end.cpuHomeMicros() > 0 && end.cpuAwayMicros() > 0, end.toString());
        List<String> lines = fleet.lines("p-one");
        assertEquals(TestFleet.numbers(lines.size()), lines);
        Path file = fleet.root("ws1").resolve("home/tomte/count.txt");
        List<String> written = Files.readAllLines(file);
        assertEquals(TestFleet.numbers(written.size()), written);
        assertTrue(written.size() >= lines.size() - 1);
        assertFalse(Files.exists(fleet.root("ws2").resolve("home/tomte/count.txt")));
        fleet.awaitNoPods();
    }

    private static void assertSettled(Outcome outcome) {
        assertEquals(MoveState.SETTLED, outcome.state(), outcome.message());
    }

    /** A home that has just let it stay asks for the next epoch, before its holder has noted that. */
    @Test
    void whoStaysIsNotTakenForNothing() throws Exception {
        ProcessStatus status = fleet.start("p-one", TestFleet.COUNT);
        assertSettled(fleet.move(status, "ws1", "ws2", 1, TestFleet.COUNT));
        assertEquals(Holding.State.RUNNING, fleet.ask("ws2", status, 2).getState());
        assertEquals(Holding.State.RUNNING, fleet.ask("ws2", status, 3).getState());
        assertEquals(Holding.State.NOTHING, fleet.ask("ws2", status, 1).getState());
        assertEquals(Holding.State.NOTHING, fleet.ask("ws3", status, 3).getState());
        fleet.signal("p-one", 9);
        fleet.said().awaitStatus("p-one", it -> !it.isLiving());
        fleet.awaitNoPods();
    }

    @Test
    void anotherAgentGoesOnWithWhatOneLeft() throws Exception {
        ProcessStatus status = fleet.start("p-one", TestFleet.COUNT);
        fleet.awaitGrowth("p-one");
        fleet.restart("ws1");
        assertEquals(
                status.incarnation(),
                fleet.said().awaitStatus("p-one", it -> true).incarnation());
        fleet.awaitGrowth("p-one");
        fleet.signal("p-one", 9);
        assertEquals(
                137, fleet.said().awaitStatus("p-one", it -> !it.isLiving()).exitStatus());
        assertEquals(TestFleet.numbers(fleet.lines("p-one").size()), fleet.lines("p-one"));
        fleet.awaitNoPods();
    }

    @Test
    void whatWasAtHomeOnAHostThatWasStartedAnewIsLost() throws Exception {
        ProcessStatus away = fleet.start("p-away", TestFleet.COUNT);
        fleet.start("p-here", TestFleet.COUNT);
        assertSettled(fleet.move(away, "ws1", "ws2", 1, TestFleet.COUNT));
        fleet.reboot("ws1");
        for (String process : List.of("p-away", "p-here")) {
            ProcessStatus lost = fleet.said().awaitStatus(process, it -> true);
            assertEquals(ProcessStatus.State.LOST, lost.state());
            assertEquals("its home ended with the host ws1", lost.message());
        }
        // its guest hears that nobody knows it any more
        fleet.awaitNoPods();
        fleet.restart("ws1");
        assertEquals(
                ProcessStatus.State.LOST,
                fleet.said().awaitStatus("p-here", it -> true).state());
    }

    @Test
    void whatEndsAwayEndsAtHomeWithItsStatus() throws Exception {
        Launch launch = TestFleet.launch("sh", "-c", "while [ ! -e go ]; do sleep 0.02; done; echo bye; exit 7");
        ProcessStatus status = fleet.start("p-one", launch);
        assertSettled(fleet.move(status, "ws1", "ws2", 1, launch));
        Files.createFile(fleet.root("ws1").resolve("home/tomte/go"));
        ProcessStatus end = fleet.said().awaitStatus("p-one", it -> !it.isLiving());
        assertEquals(7, end.exitStatus());
        assertEquals(List.of("bye"), fleet.lines("p-one"));
        // A repeated command starts nothing.
        fleet.start("p-one", launch);
        fleet.awaitNoPods();
    }

    @Test
    void aCommandThatDoesNotExistEndsWith127() throws Exception {
        fleet.start("p-one", TestFleet.launch("no-such-command", "--now"));
        ProcessStatus end = fleet.said().awaitStatus("p-one", it -> !it.isLiving());
        assertEquals(127, end.exitStatus());
        assertTrue(
                fleet.lines("p-one").getFirst().contains("no-such-command"),
                fleet.lines("p-one").toString());
        fleet.awaitNoPods();
        fleet.restart("ws1");
        assertEquals(
                127, fleet.said().awaitStatus("p-one", it -> !it.isLiving()).exitStatus());
    }

    private static final String LOCKED =
            "import fcntl, os, time; f = open('held.lock', 'w'); %s; open('locked', 'w').close(); time.sleep(60)";

    private ProcessStatus locked(Launch launch) throws Exception {
        ProcessStatus status = fleet.start("p-one", launch);
        while (!Files.exists(fleet.root("ws1").resolve("home/tomte/locked"))) Thread.sleep(5);
        return status;
    }

    @Test
    void aLockOfAFileWithoutANameIsRefused() throws Exception {
        Launch launch = TestFleet.launch(
                "/usr/bin/python3", "-c", LOCKED.formatted("fcntl.lockf(f, fcntl.LOCK_EX); os.unlink('held.lock')"));
        Outcome refused = fleet.move(locked(launch), "ws1", "ws2", 1, launch);
        assertEquals(MoveState.REFUSED, refused.state());
        assertTrue(refused.message().contains("a lock of a file without a name"), refused.message());
    }

    private static Launch counting(Begins begins) {
        return new Launch("count", TestFleet.COUNT.command(), Map.of(), "/home/tomte", 1000, false, begins);
    }

    @Test
    void whatIsToBeginElsewhereBeginsThereAndMovesLikeAnyOther() throws Exception {
        Launch launch = counting(Begins.AWAY);
        ProcessStatus status = fleet.start("p-one", launch);
        assertEquals(ProcessStatus.State.WAITING, status.state());
        fleet.restart("ws1");
        assertEquals(
                ProcessStatus.State.WAITING,
                fleet.said().awaitStatus("p-one", it -> true).state());
        assertSettled(fleet.move(status, "ws1", "ws2", 1, launch));
        fleet.awaitGrowth("p-one");
        // it is too late for that now
        fleet.agent("ws1").take(new Command.Begin("ws1", "p-one", 100, "too late"));
        assertSettled(fleet.move(status, "ws2", "ws1", 2, launch));
        fleet.awaitGrowth("p-one");
        assertSettled(fleet.move(status, "ws1", "ws3", 3, launch));
        fleet.awaitGrowth("p-one");
        end();
    }

    @Test
    void whereNobodyTakesItItEndsOrBeginsAtHome() throws Exception {
        fleet.start("p-one", counting(Begins.AWAY));
        fleet.agent("ws1").take(new Command.Begin("ws1", "p-one", 100, "nobody is idle"));
        ProcessStatus end = fleet.said().awaitStatus("p-one", it -> !it.isLiving());
        assertEquals(Launch.NOWHERE, end.exitStatus());
        assertEquals("nobody is idle", end.message());
        assertEquals(List.of(), fleet.lines("p-one"));
        fleet.start("p-two", counting(Begins.ANYWHERE));
        fleet.agent("ws1").take(new Command.Begin("ws1", "p-two", 100, "nobody is idle"));
        fleet.awaitGrowth("p-two");
        fleet.signal("p-two", 15);
        assertEquals(
                143, fleet.said().awaitStatus("p-two", it -> !it.isLiving()).exitStatus());
        fleet.start("p-three", counting(Begins.ANYWHERE));
        fleet.signal("p-three", 2);
        assertEquals(
                130, fleet.said().awaitStatus("p-three", it -> !it.isLiving()).exitStatus());
        fleet.awaitNoPods();
    }

    @Test
    void aLockOfAnOpenFileMoves() throws Exception {
        Launch launch = TestFleet.launch("/usr/bin/python3", "-c", LOCKED.formatted("fcntl.flock(f, fcntl.LOCK_EX)"));
        assertSettled(fleet.move(locked(launch), "ws1", "ws2", 1, launch));
        Path file = fleet.root("ws1").resolve("home/tomte/held.lock");
        Process other = new ProcessBuilder("flock", "-n", file.toString(), "true").start();
        assertEquals(1, other.waitFor());
    }

    private ProcessStatus heldOnWs2() throws Exception {
        ProcessStatus status = fleet.start("p-one", TestFleet.COUNT);
        assertSettled(fleet.move(status, "ws1", "ws2", 1, TestFleet.COUNT));
        fleet.awaitGrowth("p-one");
        fleet.said().awaitHost("ws2", it -> it.state() == Availability.State.AVAILABLE);
        fleet.play("ws2", true);
        fleet.said().awaitHost("ws2", it -> it.sharing().held().equals(Set.of("p-one")));
        fleet.said().awaitStatus("p-one", it -> it.message().contains("stands still on ws2"));
        return status;
    }

    @Test
    void whoIsStoppedForTheOwnerGoesOnElsewhere() throws Exception {
        ProcessStatus status = heldOnWs2();
        assertSettled(fleet.move(status, "ws2", "ws3", 2, TestFleet.COUNT));
        fleet.awaitGrowth("p-one");
        fleet.said().awaitHost("ws2", it -> it.sharing().held().isEmpty() && it.guests() == 0);
        end();
    }

    private void end() throws Exception {
        fleet.signal("p-one", 15);
        assertEquals(
                143, fleet.said().awaitStatus("p-one", it -> !it.isLiving()).exitStatus());
        List<String> lines = fleet.lines("p-one");
        assertEquals(TestFleet.numbers(lines.size()), lines);
        fleet.awaitNoPods();
    }

    @Test
    void whoIsStoppedForTheOwnerGoesOnWhenTheOwnerLeaves() throws Exception {
        heldOnWs2();
        fleet.restart("ws2");
        int lines = fleet.lines("p-one").size();
        // the new agent knows it still, though it has not seen the owner
        fleet.said().awaitHost("ws2", it -> it.sharing().held().equals(Set.of("p-one")));
        assertEquals(lines, fleet.lines("p-one").size());
        fleet.said().awaitHost("ws2", it -> it.state() == Availability.State.AVAILABLE);
        fleet.awaitGrowth("p-one");
        end();
    }

    @Test
    void whoIsStoppedForTheOwnerCanBeKilled() throws Exception {
        heldOnWs2();
        fleet.signal("p-one", 9);
        assertEquals(
                137, fleet.said().awaitStatus("p-one", it -> !it.isLiving()).exitStatus());
        fleet.awaitNoPods();
    }

    @Test
    void aGuestGetsWhatTheOwnerLeavesAndSoDoesWhoComesHomeToABusyHost() throws Exception {
        Path idle = fleet.cpu("ws1").orElse(Path.of("/nonexistent")).resolve("cpu.idle");
        assumeTrue(Files.exists(idle), "no cpu controller, or one that cannot call a cgroup idle");
        ProcessStatus status = fleet.start("p-one", TestFleet.COUNT);
        assertEquals("0", weight("ws1"));
        assertSettled(fleet.move(status, "ws1", "ws2", 1, TestFleet.COUNT));
        assertEquals("1", weight("ws2"));
        fleet.restart("ws2");
        assertEquals("1", weight("ws2"));
        fleet.said()
                .awaitHost(
                        "ws2",
                        it -> String.valueOf(it.sharing().guestLimits())
                                .startsWith("CPU: what the owner leaves; memory: at most "));
        fleet.play("ws1", true);
        fleet.said().awaitHost("ws1", it -> it.sharing().cause() == Cause.OWNER);
        fleet.play("ws2", true);
        fleet.said().awaitHost("ws2", it -> it.sharing().held().equals(Set.of("p-one")));
        // it stands, and is to be dumped by somebody who has time for it
        assertEquals("0", weight("ws2"));
        assertSettled(fleet.move(status, "ws2", "ws1", 2, TestFleet.COUNT));
        assertEquals("1", weight("ws1"));
        fleet.awaitGrowth("p-one");
        fleet.play("ws1", false);
        fleet.said().awaitHost("ws1", it -> it.state() == Availability.State.AVAILABLE);
        assertEquals("0", weight("ws1"));
        end();
    }

    /** Whether the only pod there gets only what others leave, as the kernel has it: 1 or 0. */
    private String weight(String host) throws IOException {
        return Files.readString(fleet.cpu(host).orElseThrow().resolve("cpu.idle"))
                .strip();
    }

    @Test
    void aPolicyIsKeptAndRefusesGuests() throws Exception {
        ProcessStatus status = fleet.start("p-one", TestFleet.COUNT);
        fleet.agent("ws2").take(new Command.Policy("ws2", 1, Who.NONE, null, null));
        fleet.restart("ws2");
        fleet.said().awaitHost("ws2", it -> it.sharing().policy().imports() == Who.NONE);
        MovePlan plan = fleet.plan(status, "ws1", "ws2", 1);
        fleet.agent("ws2").take(new Command.Prepare("ws2", 9, plan, TestFleet.COUNT, 0));
        Outcome refused = fleet.said().awaitOutcome(plan, MoveState.REFUSED, MoveState.PREPARED);
        assertTrue(refused.message().contains("ws2 takes in no process of tomte"), refused.message());
        fleet.signal("p-one", 9);
        fleet.awaitNoPods();
    }
}

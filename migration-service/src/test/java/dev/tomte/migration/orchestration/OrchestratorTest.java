package dev.tomte.migration.orchestration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Command;
import dev.tomte.contracts.Migration;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.MoveTable;
import dev.tomte.contracts.Outcome;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Reason;
import dev.tomte.contracts.Request;
import dev.tomte.contracts.Who;
import dev.tomte.migration.Fleets;
import dev.tomte.migration.placement.Ties;
import dev.tomte.migration.view.FleetView;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class OrchestratorTest {
    private static final List<MoveState> WAY = List.of(
            MoveState.REQUESTED,
            MoveState.PLACED,
            MoveState.PREPARED,
            MoveState.FROZEN,
            MoveState.RESTORED,
            MoveState.COMMITTED,
            MoveState.SETTLED);

    private final FleetView fleet = new FleetView();
    private Instant now = Instant.parse("2026-11-29T12:00:00Z");
    private Orchestrator orchestrator = new Orchestrator(7, fleet, new Doorkeeper(fleet, Ties.NONE));
    private final List<Migration> journal = new ArrayList<>();

    @BeforeEach
    void fleet() {
        hostsSpeak();
        fleet.take(Fleets.running("p-1", "count", "ws1", 1, now));
    }

    private void hostsSpeak() {
        for (String host : List.of("ws1", "ws2", "ws3")) fleet.take(Fleets.host(host, now));
    }

    /** As the owner of a partition does it. */
    private List<Command> done(Decision decision) {
        decision.entries().forEach(fleet::take);
        decision.answers().forEach(fleet::take);
        journal.addAll(decision.entries());
        return decision.commands();
    }

    private void pass(Duration time) {
        now = now.plus(time);
    }

    private List<Command> ask(String migration, String target) {
        return done(orchestrator.asked(Fleets.migrate(migration, target, Reason.OPERATOR, now), now));
    }

    private List<Command> say(String host, MoveState state) {
        return say(host, state, "");
    }

    private List<Command> say(String host, MoveState state, String message) {
        return done(orchestrator.answered(outcome(host, state, message), now));
    }

    private Outcome outcome(String host, MoveState state, String message) {
        return new Outcome("p-1", host, "m-1", state, true, message, Map.of("of " + state, 1L), 10, now);
    }

    private Migration move() {
        return fleet.migration("m-1").orElseThrow();
    }

    /** Brings m-1 from ws1 to ws2 as far as that. */
    private void reach(MoveState state) {
        ask("m-1", "ws2");
        for (MoveState next : WAY.subList(2, WAY.indexOf(state) + 1))
            say(next == MoveState.PREPARED ? "ws2" : "ws1", next);
        assertEquals(state, move().state());
    }

    private static List<String> told(List<Command> commands) {
        return commands.stream()
                .map(c -> c.getClass().getSimpleName() + " " + c.host())
                .toList();
    }

    @Test
    void aMoveGoesItsWholeWay() {
        List<Command> placing = ask("m-1", "ws2");
        assertEquals(List.of("Expect ws1", "Prepare ws2"), told(placing));
        Command.MovePlan plan = ((Command.Prepare) placing.getLast()).plan();
        assertEquals("ws1", plan.source());
        assertEquals(1, plan.epoch());
        assertTrue(plan.deadline().isAfter(now.plus(Orchestrator.PREPARE_LIMIT)));
        assertEquals(List.of("Move ws1"), told(say("ws2", MoveState.PREPARED)));
        for (MoveState state : WAY.subList(3, 7)) assertEquals(List.of(), told(say("ws1", state)));
        assertEquals(WAY, journal.stream().map(Migration::state).toList());
        assertEquals(Set.copyOf(WAY), move().times().keySet());
        assertEquals(5, move().micros().size());
        assertEquals(10, move().bytes());
        assertEquals(Set.of(), orchestrator.open());
    }

    @Test
    void theNextMoveBeginsWhereTheLastEndedAlsoBeforeItsHomeTellsOfIt() {
        reach(MoveState.SETTLED);
        Command.MovePlan plan = ((Command.Prepare) ask("m-2", "ws3").getLast()).plan();
        assertEquals("ws2", plan.source());
        assertEquals(2, plan.epoch());
    }

    @Test
    void theJournalNamesEveryStepBeforeAnythingIsToldToAnybody() {
        Decision decision = orchestrator.asked(Fleets.migrate("m-1", "ws2", Reason.OPERATOR, now), now);
        assertEquals(
                List.of(MoveState.REQUESTED, MoveState.PLACED),
                decision.entries().stream().map(Migration::state).toList());
        assertEquals(2, decision.commands().size());
    }

    static Stream<List<MoveState>> everyPair() {
        return WAY.subList(1, 7).stream()
                .flatMap(from -> Stream.of(MoveState.values()).map(to -> List.of(from, to)));
    }

    @ParameterizedTest
    @MethodSource("everyPair")
    void theSourceMovesItByTheTableOnly(List<MoveState> pair) {
        MoveState from = pair.getFirst();
        MoveState to = pair.getLast();
        reach(from);
        int entries = journal.size();
        say("ws1", to);
        boolean isOthersWord = to == MoveState.PREPARED || (to == MoveState.REFUSED && from == MoveState.PLACED);
        boolean isTaken = MoveTable.isAhead(from, to) && !isOthersWord;
        assertEquals(isTaken ? to : from, move().state());
        assertEquals(entries + (isTaken ? 1 : 0), journal.size());
    }

    @ParameterizedTest
    @EnumSource(
            value = MoveState.class,
            names = {"PLACED", "PREPARED", "FROZEN", "RESTORED", "COMMITTED", "SETTLED"})
    void whatIsSaidTwiceChangesNothing(MoveState state) {
        reach(state);
        List<Migration> before = List.copyOf(journal);
        assertEquals(List.of(), ask("m-1", "ws2"));
        for (MoveState said : WAY.subList(2, Math.max(2, WAY.indexOf(state) + 1)))
            assertEquals(List.of(), say(said == MoveState.PREPARED ? "ws2" : "ws1", said));
        assertEquals(before, journal);
    }

    @Test
    void strangersHaveNoSay() {
        reach(MoveState.PLACED);
        say("ws3", MoveState.PREPARED);
        say("ws1", MoveState.PREPARED);
        say("ws3", MoveState.REFUSED);
        assertEquals(MoveState.PLACED, move().state());
        say("ws2", MoveState.PREPARED);
        say("ws2", MoveState.REFUSED);
        say("ws3", MoveState.SETTLED);
        assertEquals(MoveState.PREPARED, move().state());
    }

    @ParameterizedTest
    @EnumSource(
            value = MoveState.class,
            names = {"PLACED", "PREPARED", "FROZEN", "RESTORED", "COMMITTED"})
    void aNewOwnerSaysTheLastWordAgain(MoveState state) {
        reach(state);
        orchestrator = new Orchestrator(8, fleet, new Doorkeeper(fleet, Ties.NONE));
        List<Command> again = done(orchestrator.takeOver(fleet.migrations(), List.of(), now));
        assertEquals(
                state == MoveState.PLACED ? List.of("Expect ws1", "Prepare ws2") : List.of("Move ws1"), told(again));
        assertTrue(again.stream().allMatch(c -> c.generation() == 8));
        assertEquals(8, move().generation());
        assertEquals(state, move().state());
        for (MoveState next : WAY.subList(WAY.indexOf(state) + 1, 7))
            say(next == MoveState.PREPARED ? "ws2" : "ws1", next);
        assertEquals(MoveState.SETTLED, move().state());
    }

    @Test
    void aNewOwnerPlacesWhatWasOnlyRequested() {
        Decision decision = orchestrator.asked(Fleets.migrate("m-1", "ws2", Reason.OPERATOR, now), now);
        fleet.take(decision.entries().getFirst());
        orchestrator = new Orchestrator(8, fleet, new Doorkeeper(fleet, Ties.NONE));
        assertEquals(
                List.of("Expect ws1", "Prepare ws2"),
                told(done(orchestrator.takeOver(fleet.migrations(), List.of(), now))));
        assertEquals(MoveState.PLACED, move().state());
    }

    @Test
    void aNewOwnerPaysTheAbortThatMayNotHaveBeenSent() {
        reach(MoveState.PLACED);
        say("ws2", MoveState.REFUSED, "no memory");
        orchestrator = new Orchestrator(8, fleet, new Doorkeeper(fleet, Ties.NONE));
        assertEquals(
                List.of("Abort ws2", "Abort ws1"),
                told(done(orchestrator.takeOver(fleet.migrations(), List.of(), now))));
        pass(Duration.ofMinutes(3));
        orchestrator = new Orchestrator(9, fleet, new Doorkeeper(fleet, Ties.NONE));
        assertEquals(Decision.NOTHING, orchestrator.takeOver(fleet.migrations(), List.of(), now));
    }

    @Test
    void whatAReplacedOwnerWritesDoesNotCount() {
        reach(MoveState.FROZEN);
        Migration old = move();
        orchestrator = new Orchestrator(8, fleet, new Doorkeeper(fleet, Ties.NONE));
        done(orchestrator.takeOver(fleet.migrations(), List.of(), now));
        say("ws1", MoveState.ROLLED_BACK, "the link broke");
        List<Migration> mended = new ArrayList<>();
        fleet.onOverwritten(mended::add);
        fleet.take(old);
        assertEquals(MoveState.ROLLED_BACK, move().state());
        assertEquals(List.of(move()), mended);
    }

    @Test
    void aTargetThatDoesNotAnswerIsGivenUp() {
        reach(MoveState.PLACED);
        pass(Duration.ofSeconds(6));
        assertEquals(List.of("Expect ws1", "Prepare ws2"), told(done(orchestrator.tick(now))));
        pass(Duration.ofSeconds(13));
        done(orchestrator.tick(now));
        assertEquals(MoveState.PLACED, move().state());
        pass(Duration.ofSeconds(1));
        assertEquals(List.of("Abort ws2", "Abort ws1"), told(done(orchestrator.tick(now))));
        assertEquals(MoveState.REFUSED, move().state());
        assertEquals("ws2 did not answer", move().message());
        assertEquals(List.of(), say("ws2", MoveState.PREPARED));
        assertEquals(MoveState.REFUSED, move().state());
    }

    @ParameterizedTest
    @EnumSource(
            value = MoveState.class,
            names = {"PREPARED", "FROZEN", "RESTORED", "COMMITTED"})
    void aSourceThatDoesNotAnswerIsAskedForEver(MoveState state) {
        reach(state);
        for (int i = 0; i < 100; i++) {
            pass(Duration.ofSeconds(6));
            assertEquals(List.of("Move ws1"), told(done(orchestrator.tick(now))));
            assertEquals(List.of(), told(done(orchestrator.tick(now))));
        }
        assertEquals(state, move().state());
        assertTrue(move().message().startsWith("ws1 has not answered since"), move().message());
        int entries = journal.size();
        say("ws1", state == MoveState.PREPARED ? MoveState.FROZEN : state);
        assertEquals("", move().message());
        assertEquals(entries + 1, journal.size());
    }

    @Test
    void aMoveWhoseProcessIsOverByItsHomesWordIsLostOnceItsSourceIsSilent() {
        reach(MoveState.FROZEN);
        fleet.take(Fleets.ended("p-1", "count", 137, now));
        pass(Duration.ofSeconds(14));
        done(orchestrator.tick(now));
        assertEquals(MoveState.FROZEN, move().state());
        pass(Duration.ofSeconds(1));
        done(orchestrator.tick(now));
        assertEquals(MoveState.LOST, move().state());
        assertEquals("the process ended with exit status 137 while it moved", move().message());
    }

    @Test
    void aSourceThatHasForgottenAMoveLeavesItsEndToTheHome() {
        reach(MoveState.RESTORED);
        say("ws1", MoveState.REFUSED, "the home says epoch 2");
        done(orchestrator.tick(now));
        assertEquals(MoveState.RESTORED, move().state());
        fleet.take(Fleets.running("p-1", "count", "ws2", 2, now));
        done(orchestrator.tick(now));
        assertEquals(MoveState.SETTLED, move().state());
    }

    @Test
    void aSourceThatHasForgottenARollbackIsBelievedOnceTheHomeHasBeenHeard() {
        reach(MoveState.FROZEN);
        say("ws1", MoveState.REFUSED, "the target does not expect it");
        pass(Duration.ofSeconds(6));
        done(orchestrator.tick(now));
        assertEquals(MoveState.FROZEN, move().state());
        hostsSpeak();
        done(orchestrator.tick(now));
        assertEquals(MoveState.ROLLED_BACK, move().state());
        assertEquals("the target does not expect it", move().message());
    }

    @Test
    void ofTwoMovesAtOnceTheSecondIsTurnedAwayAndCountsForNoFailure() {
        ask("m-1", "ws2");
        assertEquals(List.of(), ask("m-2", "ws3"));
        assertEquals(Optional.empty(), fleet.migration("m-2"));
        String why = fleet.turnedAway("m-2").orElseThrow().message();
        assertTrue(why.contains("m-1"), why);
        assertEquals(List.of("Move ws1"), told(say("ws2", MoveState.PREPARED)));
    }

    @Test
    void aSourceThatDiedAfterTheCommitDoesNotHoldTheProcess() {
        reach(MoveState.COMMITTED);
        fleet.take(Fleets.running("p-1", "count", "ws2", 2, now));
        ask("m-2", "ws3");
        assertTrue(fleet.turnedAway("m-2").isPresent());
        pass(Duration.ofSeconds(20));
        for (String host : List.of("ws2", "ws3")) fleet.take(Fleets.host(host, now));
        // its home, ws1, must still be there
        ask("m-3", "ws3");
        assertEquals(
                "ws1 has not been heard of since 2026-11-29T12:00:00Z. See that its agent runs, and try again",
                fleet.migration("m-3").orElseThrow().message());
    }

    @Test
    void whoAsksIsNotBoundByIdlenessButByPolicy() {
        Availability busy =
                Fleets.host("ws2", now, Availability.State.UNAVAILABLE, "its owner is back", Set.of("sse2"));
        fleet.take(Fleets.policy(busy, policy -> policy.withImports(Who.NONE)));
        ask("m-1", "ws2");
        assertTrue(move().message().contains("ws2 imports none"), move().message());
        fleet.take(Fleets.policy(Fleets.host("ws1", now), policy -> policy.withExports(Who.NONE)));
        ask("m-2", "ws3");
        assertTrue(fleet.migration("m-2").orElseThrow().message().contains("ws1 exports none"));
        fleet.take(Fleets.host("ws1", now));
        fleet.take(busy);
        ask("m-3", "ws2");
        assertEquals(MoveState.PLACED, fleet.migration("m-3").orElseThrow().state());
    }

    @Test
    void whatIsTiedToItsHomeIsRefusedToLeaveItAndMayComeBack() {
        Doorkeeper tied = new Doorkeeper(fleet, process -> Optional.of(new Ties.Tie("an autoscaler counts it", true)));
        orchestrator = new Orchestrator(8, fleet, tied);
        assertEquals(List.of(), ask("m-1", "ws2"));
        assertEquals(MoveState.REFUSED, move().state());
        assertTrue(move().message().contains("stays at home: an autoscaler counts it"), move().message());

        orchestrator = new Orchestrator(9, fleet, new Doorkeeper(fleet, Ties.NONE));
        ask("m-2", "ws2");
        for (MoveState next : WAY.subList(2, WAY.size()))
            done(orchestrator.answered(
                    new Outcome(
                            "p-1",
                            next == MoveState.PREPARED ? "ws2" : "ws1",
                            "m-2",
                            next,
                            true,
                            "",
                            Map.of(),
                            10,
                            now),
                    now));
        orchestrator = new Orchestrator(10, fleet, tied);
        ask("m-3", "ws1");
        assertEquals(MoveState.PLACED, fleet.migration("m-3").orElseThrow().state());
    }

    @Test
    void aMoveFromWhereTheProcessIsNotAnyMoreIsVoid() {
        done(orchestrator.asked(
                new Request.Migrate("p-1", "m-1", "ws3", "ws2", Reason.PLACEMENT, "placement", "idle", List.of(), now),
                now));
        assertEquals(
                "it is on ws1, not on ws3 any more",
                fleet.turnedAway("m-1").orElseThrow().message());
    }

    @Test
    void whatIsAskedOfAHostIsToldToIt() {
        assertEquals(
                List.of(new Command.Policy("ws2", 7, Who.NONE, null, null)),
                orchestrator
                        .asked(new Request.Policy("ws2", Who.NONE, null, null, "mig", now), now)
                        .commands());
        assertEquals(
                List.of(new Command.Play("ws2", 7, true)),
                orchestrator
                        .asked(new Request.Play("ws2", true, "mig", now), now)
                        .commands());
    }

    @Test
    void whatCannotBeginIsRefusedWithItsReason() {
        fleet.take(Fleets.host("ws2", now, Availability.State.UNAVAILABLE, "its owner is back", Set.of("sse2")));
        done(orchestrator.asked(Fleets.migrate("m-1", "ws2", Reason.PLACEMENT, now), now));
        assertTrue(move().message().contains("its owner is back"), move().message());
        fleet.take(Fleets.host("ws3", now, Availability.State.AVAILABLE, "idle", Set.of()));
        ask("m-2", "ws3");
        assertTrue(fleet.migration("m-2").orElseThrow().message().contains("sse2"));
        ask("m-3", "ws1");
        assertTrue(fleet.turnedAway("m-3").orElseThrow().message().contains("ws1 is its home"));
        ask("m-4", "ws9");
        assertTrue(fleet.migration("m-4").orElseThrow().message().contains("no host '"));
        fleet.take(Fleets.ended("p-1", "count", 3, now));
        ask("m-5", "ws2");
        assertTrue(fleet.migration("m-5").orElseThrow().message().contains("exit status 3"));
        assertEquals(Set.of(), orchestrator.open());
    }

    private Decision run(String process, String name) {
        Request.Launch launch = new Request.Launch(name, List.of("sh"), Map.of(), "/", 1000);
        return orchestrator.asked(new Request.Run(process, "ws1", launch, "mig", now), now);
    }

    @Test
    void aNameBelongsToWhoAsksFirst() {
        assertEquals(List.of("Start ws1"), told(done(run("p-2", "new"))));
        Decision second = run("p-3", "new");
        assertEquals(List.of(), told(done(second)));
        assertTrue(fleet.failedStart("p-3").orElseThrow().message().contains("taken by p-2"));
        assertEquals(List.of(), told(done(run("p-4", "count"))));
        fleet.take(Fleets.running("p-2", "new", "ws1", 1, now));
        assertEquals(List.of(), told(done(run("p-5", "new"))));
        fleet.take(Fleets.ended("p-2", "new", 0, now));
        assertEquals(List.of("Start ws1"), told(done(run("p-6", "new"))));
    }

    @Test
    void aNewOwnerKnowsTheNamesThatWereGivenBefore() {
        Request.Launch launch = new Request.Launch("new", List.of("sh"), Map.of(), "/", 1000);
        orchestrator.takeOver(List.of(), List.of(new Request.Run("p-2", "ws1", launch, "mig", now)), now);
        assertEquals(List.of(), told(done(run("p-3", "new"))));
        assertEquals(List.of("Start ws1"), told(done(run("p-2", "new"))));
    }

    @Test
    void aStartThatFailedGivesItsNameBack() {
        done(run("p-2", "new"));
        fleet.take(new Outcome("p-2", "ws1", null, null, false, "the disk is full", Map.of(), 0, now));
        assertEquals(List.of("Start ws1"), told(done(run("p-3", "new"))));
    }

    @Test
    void aSignalGoesToTheHome() {
        fleet.take(Fleets.running("p-1", "count", "ws2", 2, now));
        List<Command> commands = done(orchestrator.asked(new Request.Kill("p-1", 15, "mig", now), now));
        assertEquals(List.of(new Command.Signal("ws1", "p-1", 7, 15)), commands);
        fleet.take(Fleets.process("p-1", "count", "ws2", 2, ProcessStatus.State.LOST, null, now));
        assertEquals(Decision.NOTHING, orchestrator.asked(new Request.Kill("p-1", 15, "mig", now), now));
    }
}

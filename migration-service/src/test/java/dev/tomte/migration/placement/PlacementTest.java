package dev.tomte.migration.placement;

import static dev.tomte.migration.placement.Office.MIB;
import static dev.tomte.migration.placement.Office.NOW;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Availability.Sharing;
import dev.tomte.contracts.Availability.State;
import dev.tomte.contracts.Cause;
import dev.tomte.contracts.Rejected;
import dev.tomte.contracts.Who;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PlacementTest {
    private static Duration minutes(int minutes) {
        return Duration.ofMinutes(minutes);
    }

    /** ws1 is p1's home and its owner's; ws2 and ws3 are idle, ws3 for longer. */
    private static Office office() {
        return new Office()
                .busy("ws1", Cause.OWNER, "keyboard 2 s ago")
                .idle("ws2", minutes(2))
                .idle("ws3", minutes(30))
                .process("p1", "ws1", "ws1");
    }

    /** The same, but p1 is a guest of ws2. */
    private static Office away() {
        return office().process("p1", "ws1", "ws2");
    }

    private static Arguments given(String what, Office office, String... moves) {
        return Arguments.of(what, office, List.of(moves));
    }

    private static Availability with(Availability it, long memory, Set<String> features, String kernel, Instant at) {
        return new Availability(
                it.host(),
                it.state(),
                it.why(),
                it.since(),
                at,
                it.address(),
                it.agentPort(),
                it.originPort(),
                it.root(),
                it.freeCpu(),
                memory,
                features,
                kernel,
                it.guests(),
                it.sharing());
    }

    private static Sharing with(Sharing it, String architecture, String pool) {
        return new Sharing(
                it.cause(),
                it.lastingMillis(),
                it.inputIdleMillis(),
                it.cores(),
                it.ownerCpu(),
                it.guestCpu(),
                it.held(),
                architecture,
                pool,
                it.policy(),
                it.ownerPlayed());
    }

    private static Movable with(Movable it, int recent, Instant rests, Set<String> avoided, boolean putThere) {
        return new Movable(
                it.process(), it.holder(), it.moving(), putThere, recent, rests, it.staysUntil(), avoided, it.tie());
    }

    static Stream<Arguments> placements() {
        String toWs3 = "p1 ws1>ws3 placement";
        String toWs2 = "p1 ws1>ws2 placement";
        return Stream.of(
                given("the longest idle is best", office(), toWs3),
                given("an idle home does not keep it", office().idle("ws1", minutes(90)), toWs3),
                given("fewer guests count more than idleness", office().process("p0", "ws2", "ws3"), toWs2),
                given(
                        "nobody is idle",
                        office().busy("ws2", Cause.OWNER, "").busy("ws3", Cause.LOAD, "owner uses 1.8 cores")),
                given(
                        "what settles is not idle",
                        office().busy("ws2", Cause.SETTLING, "").busy("ws3", Cause.SETTLING, "")),
                given(
                        "what is not known is not idle",
                        office().host("ws2", State.UNKNOWN, Cause.UNKNOWN, minutes(1), "")
                                .host("ws3", State.UNKNOWN, Cause.UNKNOWN, minutes(1), "")),
                given(
                        "a silent host is none",
                        office().but(
                                        "ws3",
                                        it -> with(
                                                it,
                                                it.freeMemory(),
                                                it.cpuFeatures(),
                                                it.kernel(),
                                                NOW.minusSeconds(60))),
                        toWs2),
                given(
                        "a silent home keeps it",
                        office().but(
                                        "ws1",
                                        it -> with(
                                                it,
                                                it.freeMemory(),
                                                it.cpuFeatures(),
                                                it.kernel(),
                                                NOW.minusSeconds(60)))),
                given("it is not shared", office().process("p1", "ws1", "ws1", MIB, NOW.minusSeconds(60), false)),
                given("it has only just begun", office().process("p1", "ws1", "ws1", MIB, NOW, true)),
                given(
                        "it has begun, but its home's time of day is an hour ahead",
                        office().process("p1", "ws1", "ws1", MIB, NOW.plusSeconds(3600), true),
                        toWs3),
                given("what is to begin elsewhere is placed like any other", office().waiting("p1", "ws1"), toWs3),
                given(
                        "what is to begin elsewhere goes first",
                        office().busy("ws2", Cause.OWNER, "")
                                .waiting("p2", "ws1")
                                .limits(Limits.STANDARD),
                        "p2 ws1>ws3 placement",
                        toWs3),
                given(
                        "where nobody is idle it begins at home, or ends",
                        office().busy("ws2", Cause.OWNER, "")
                                .busy("ws3", Cause.OWNER, "")
                                .waiting("p1", "ws1"),
                        "p1 ws1>ws1 placement"),
                given(
                        "what is on its way to its beginning is left alone",
                        office().waiting("p1", "ws1").moving("p1", "ws1", "ws2")),
                given("it moves already", office().moving("p1", "ws1", "ws2")),
                given("a guest of an idle host stays", away()),
                given("the host imports nothing", office().policy("ws3", it -> it.withImports(Who.NONE)), toWs2),
                given(
                        "the host imports its owner's, and this is one",
                        office().policy("ws3", it -> it.withImports(Who.OWNER)),
                        toWs3),
                given("a cordoned host takes in nothing", office().notice("ws3", true), toWs2),
                given("the host is being emptied", office().policy("ws3", it -> it.draining(true)), toWs2),
                given("the home exports nothing", office().policy("ws1", it -> it.withExports(Who.NONE))),
                given(
                        "too little memory",
                        office().but("ws3", it -> with(it, 550 * MIB, it.cpuFeatures(), it.kernel(), it.at())),
                        toWs2),
                given(
                        "a processor that lacks a feature",
                        office().but("ws3", it -> with(it, it.freeMemory(), Set.of("sse2"), it.kernel(), it.at())),
                        toWs2),
                given(
                        "a processor that has more",
                        office().but(
                                        "ws3",
                                        it -> with(
                                                it,
                                                it.freeMemory(),
                                                Set.of("sse2", "avx", "avx2"),
                                                it.kernel(),
                                                it.at())),
                        toWs3),
                given(
                        "an older kernel",
                        office().but("ws3", it -> with(it, it.freeMemory(), it.cpuFeatures(), "6.9.12", it.at())),
                        toWs2),
                given("another pool", office().butSharing("ws3", it -> with(it, "amd64", "lab")), toWs2),
                given("another architecture", office().butSharing("ws3", it -> with(it, "aarch64", "default")), toWs2),
                given(
                        "as many guests as cores",
                        office().process("g1", "ws2", "ws3")
                                .process("g2", "ws2", "ws3")
                                .busy("ws2", Cause.LOAD, "")),
                given("an autoscaler targets it", office().tied("p1", "lab/web targets it")),
                given("it rests", office().past("p1", it -> with(it, 0, NOW.plusSeconds(5), Set.of(), false))),
                given(
                        "it has moved often enough",
                        office().past("p1", it -> with(it, 20, Instant.EPOCH, Set.of(), false))),
                given(
                        "a move there has failed",
                        office().past("p1", it -> with(it, 1, Instant.EPOCH, Set.of("ws3"), false)),
                        toWs2),
                given(
                        "two at once go to different hosts, the longest waiting first",
                        office().process("p0", "ws1", "ws1", MIB, NOW.minusSeconds(90), true),
                        "p0 ws1>ws3 placement",
                        toWs2),
                given(
                        "no more from one home at once than its limit",
                        office().process("p2", "ws1", "ws1").process("p3", "ws1", "ws1"),
                        toWs3,
                        "p2 ws1>ws2 placement"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("placements")
    void placed(String what, Office office, List<String> moves) {
        assertEquals(moves, office.decided(), what);
    }

    private static Office owner() {
        return away().busy("ws2", Cause.OWNER, "keyboard 0 s ago").held("ws2", "p1");
    }

    static Stream<Arguments> evictions() {
        String toWs3 = "p1 ws2>ws3 owner";
        String home = "p1 ws2>ws1 owner";
        return Stream.of(
                given("the owner is back", owner(), toWs3),
                given("the owner is back, and nobody is idle", owner().busy("ws3", Cause.OWNER, ""), home),
                given(
                        "its home is busy and takes it all the same",
                        owner().busy("ws3", Cause.OWNER, "").busy("ws1", Cause.LOAD, ""),
                        home),
                given(
                        "who is held leaves though nobody types any more",
                        away().busy("ws2", Cause.SETTLING, "").held("ws2", "p1"),
                        toWs3),
                given(
                        "who was put there leaves when the owner comes back",
                        owner().past("p1", it -> with(it, 0, Instant.EPOCH, Set.of(), true)),
                        toWs3),
                given(
                        "who was put there while the owner was there stays",
                        away().busy("ws2", Cause.OWNER, "")
                                .past("p1", it -> with(it, 0, Instant.EPOCH, Set.of(), true))),
                given(
                        "who was put there stays in spite of load",
                        away().busy("ws2", Cause.LOAD, "")
                                .past("p1", it -> with(it, 0, Instant.EPOCH, Set.of(), true))),
                given("it is not shared: it leaves too", owner().process("p1", "ws1", "ws2", MIB, NOW, false), toWs3),
                given(
                        "it rests: it leaves too",
                        owner().past("p1", it -> with(it, 0, NOW.plusSeconds(9), Set.of(), false)),
                        toWs3),
                given(
                        "it has moved often enough: home",
                        owner().past("p1", it -> with(it, 20, Instant.EPOCH, Set.of(), false)),
                        home),
                given("an autoscaler targets it: home", owner().tied("p1", "lab/web targets it"), home),
                given("it leaves already", owner().moving("p1", "ws2", "ws3")),
                given(
                        "its home is gone: nothing moves without it",
                        owner().but(
                                        "ws1",
                                        it -> with(
                                                it,
                                                it.freeMemory(),
                                                it.cpuFeatures(),
                                                it.kernel(),
                                                NOW.minusSeconds(60)))),
                given(
                        "nothing has told for long whether the owner is there",
                        away().host("ws2", State.UNKNOWN, Cause.UNKNOWN, minutes(1), "keyboard0 cannot be read"),
                        toWs3),
                given(
                        "a detector that has just begun",
                        away().host("ws2", State.UNKNOWN, Cause.UNKNOWN, Duration.ofSeconds(5), "")),
                given(
                        "the policy has changed",
                        away().policy("ws2", it -> it.withImports(Who.NONE)),
                        "p1 ws2>ws3 policy"),
                given("its pod is to go", away().notice("ws2", false, "p1"), "p1 ws2>ws3 drain"),
                given("another's pod is to go", away().notice("ws2", false, "p2")),
                given("a cordoned host keeps its guests", away().notice("ws2", true)),
                given("the host is to be emptied", away().policy("ws2", it -> it.draining(true)), "p1 ws2>ws3 drain"),
                given("no core is left", away().busy("ws2", Cause.LOAD, "owner uses 2.0 cores"), "p1 ws2>ws3 pressure"),
                given(
                        "the largest leaves first, and alone",
                        away().process("p2", "ws1", "ws2", 900 * MIB, NOW.minusSeconds(60), true)
                                .busy("ws2", Cause.MEMORY, "200 MiB of memory left"),
                        "p2 ws2>ws3 pressure"),
                given(
                        "the next waits until the first has left",
                        away().process("p2", "ws1", "ws2")
                                .moving("p2", "ws2", "ws3")
                                .busy("ws2", Cause.PRESSURE, "")),
                given(
                        "who must leave goes before who is to be placed",
                        owner().process("p0", "ws1", "ws1", MIB, NOW.minusSeconds(900), true)
                                .limits(new Limits(
                                        1,
                                        2,
                                        4,
                                        1,
                                        20,
                                        Duration.ZERO,
                                        Duration.ZERO,
                                        Duration.ZERO,
                                        Duration.ZERO,
                                        Duration.ZERO,
                                        0)),
                        toWs3));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("evictions")
    void evicted(String what, Office office, List<String> moves) {
        assertEquals(moves, office.decided(), what);
    }

    @Test
    void everyHostThatWasNotTakenIsNamedWithWhatSpokeAgainstIt() {
        Move move =
                office().policy("ws3", it -> it.withImports(Who.NONE)).decide().getFirst();
        assertEquals("ws2 has been idle for 2 min and has no guest", move.why());
        Map<String, String> rejected =
                move.rejected().stream().collect(Collectors.toMap(Rejected::host, Rejected::why));
        assertEquals(Map.of("ws1", "it is its home", "ws3", "it imports none"), rejected);
        Move owner = owner().decide().getFirst();
        assertEquals(
                "the owner of ws2 is back: keyboard 0 s ago; ws3 has been idle for 30 min and has no guest",
                owner.why());
        Office large = office();
        for (int i = 0; i < 100; i++) large.idle("x" + i, minutes(1));
        List<Rejected> many = large.decide().getFirst().rejected();
        assertEquals(Placement.NAMED + 1, many.size());
        assertEquals("86 more hosts were not taken", many.getLast().why());
    }

    private static void explained(Office office, Consumer<Explanation> how) {
        how.accept(Placement.explain(office.snapshot(), office.movable("p1")));
    }

    @Test
    void whatHoldsNowIsExplained() {
        explained(office(), it -> assertEquals("it is about to be placed", it.now()));
        explained(away(), it -> assertEquals("it stays: it is away already", it.now()));
        explained(owner(), it -> assertTrue(it.now().startsWith("it must leave: the owner of ws2 is back"), it.now()));
        explained(office().busy("ws2", Cause.OWNER, "keyboard 1 s ago").busy("ws3", Cause.OWNER, ""), it -> {
            assertEquals("it stays at home: no idle host fits", it.now());
            assertTrue(it.hosts().contains(new Rejected("ws2", "not idle: keyboard 1 s ago")), it::toString);
        });
        explained(
                owner().but(
                                "ws1",
                                it -> with(it, it.freeMemory(), it.cpuFeatures(), it.kernel(), NOW.minusSeconds(60))),
                it -> assertTrue(it.now().contains("without its home ws1"), it.now()));
    }

    @Test
    void kernelsAreComparedAsVersions() {
        assertTrue(Kernel.isOlder("6.9.1", "6.18.0-amd64"));
        assertTrue(Kernel.isOlder("5.19", "6.1"));
        assertEquals(false, Kernel.isOlder("6.18.3", "6.18.12"));
        assertEquals(false, Kernel.isOlder("strange", "6.18"));
    }
}

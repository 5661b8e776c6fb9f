package dev.tomte.idle.policy;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.contracts.Availability.State;
import dev.tomte.contracts.Cause;
import dev.tomte.idle.signal.Presence;
import dev.tomte.idle.signal.Presence.Kind;
import dev.tomte.idle.signal.Reading;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** One row for every branch. Two cores, so a workstation's load is quiet at 0.3 and busy above 0.5. */
class IdlePolicyTest {
    private static final Standing FREE = Scene.available(3600);
    private static final Standing READY = Scene.taken(600, 600);

    record Row(String name, Profile profile, Standing before, Scene scene, State state, Cause cause, String why) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Row desk(String name, Standing before, Scene scene, State state, Cause cause, String why) {
        return new Row(name, Profile.WORKSTATION, before, scene, state, cause, why);
    }

    private static Row rack(String name, Standing before, Scene scene, State state, Cause cause, String why) {
        return new Row(name, Profile.SERVER, before, scene, state, cause, why);
    }

    static Stream<Row> rows() {
        Scene film = new Scene();
        film.inhibitors = film.seen(Kind.LASTING, "a film or call keeps the session awake", 0);
        Scene ssh = new Scene();
        ssh.terminals = ssh.seen(Kind.USED, "terminal", 4);
        Scene login = new Scene();
        login.sessions = login.seen(Kind.USED, "login", 3);
        Scene both = new Scene().input(7);
        both.terminals = both.seen(Kind.USED, "terminal", 3);
        Scene watched = new Scene();
        watched.input = watched.seen(Kind.WATCHED, "input", 12);
        return Stream.of(
                desk("quiet for long", READY, new Scene(), State.AVAILABLE, Cause.NONE, "owner uses 0.1 cores"),
                desk("stays free", FREE, new Scene(), State.AVAILABLE, Cause.NONE, "no input for 60 min"),
                desk("a key", FREE, new Scene().input(2), State.UNAVAILABLE, Cause.OWNER, "keyboard 2 s ago"),
                desk(
                        "a key in the future of a stale now",
                        FREE,
                        new Scene().input(-1),
                        State.UNAVAILABLE,
                        Cause.OWNER,
                        "keyboard 0 s ago"),
                desk(
                        "a key judged late",
                        FREE,
                        new Scene().input(15),
                        State.UNAVAILABLE,
                        Cause.OWNER,
                        "keyboard 15 s ago"),
                desk(
                        "a key before it became free",
                        Scene.available(10),
                        new Scene().input(15),
                        State.AVAILABLE,
                        Cause.NONE,
                        ""),
                desk(
                        "a key between busy and quiet keeps taken",
                        READY,
                        new Scene().input(15),
                        State.UNAVAILABLE,
                        Cause.OWNER,
                        "15 s"),
                desk("a key just quiet", READY, new Scene().input(30), State.AVAILABLE, Cause.NONE, ""),
                desk("ssh", FREE, ssh, State.UNAVAILABLE, Cause.OWNER, "terminal 4 s ago"),
                desk("login", FREE, login, State.UNAVAILABLE, Cause.OWNER, "login 3 s ago"),
                desk("film", FREE, film, State.UNAVAILABLE, Cause.OWNER, "film or call keeps"),
                desk("the newest sign is told", FREE, both, State.UNAVAILABLE, Cause.OWNER, "terminal 3 s"),
                desk("watched too shortly", READY, watched, State.UNAVAILABLE, Cause.SETTLING, "available in 18 s"),
                desk(
                        "a key beside what is unknown",
                        FREE,
                        unknownInput(new Scene(), true),
                        State.UNAVAILABLE,
                        Cause.OWNER,
                        "terminal"),
                desk("input unknown", FREE, unknownInput(new Scene(), false), State.UNKNOWN, Cause.UNKNOWN, "EACCES"),
                desk(
                        "input unknown keeps taken",
                        READY,
                        unknownInput(new Scene(), false),
                        State.UNKNOWN,
                        Cause.UNKNOWN,
                        "EACCES"),
                desk("no input device", READY, absentInput(), State.UNKNOWN, Cause.UNKNOWN, "nothing tells whether"),
                desk(
                        "input stale",
                        FREE,
                        staleInput(),
                        State.UNKNOWN,
                        Cause.UNKNOWN,
                        "nothing new is known since 10 s"),
                desk("load unknown", FREE, unknownLoad(), State.UNKNOWN, Cause.UNKNOWN, "processor use"),
                desk("load absent", FREE, absentLoad(), State.UNKNOWN, Cause.UNKNOWN, "no cgroup"),
                desk("memory unknown", FREE, unknownMemory(), State.UNKNOWN, Cause.UNKNOWN, "memory"),
                desk("pressure unknown", FREE, unknownPressure(), State.UNKNOWN, Cause.UNKNOWN, "pressure"),
                desk("load between keeps free", FREE, new Scene().load(0.4), State.AVAILABLE, Cause.NONE, ""),
                desk(
                        "load between keeps taken",
                        READY,
                        new Scene().load(0.4),
                        State.UNAVAILABLE,
                        Cause.LOAD,
                        "0.4 cores"),
                desk(
                        "a burst of load",
                        Scene.strained(9),
                        new Scene().load(1.8),
                        State.AVAILABLE,
                        Cause.NONE,
                        "owner uses 1.8 cores"),
                desk(
                        "load that lasts",
                        Scene.strained(10),
                        new Scene().load(1.8),
                        State.UNAVAILABLE,
                        Cause.LOAD,
                        "owner uses 1.8 cores"),
                desk("the first moment of load", FREE, new Scene().load(1.8), State.AVAILABLE, Cause.NONE, "1.8"),
                desk(
                        "little memory lasts",
                        Scene.strained(10),
                        new Scene().memory(200),
                        State.UNAVAILABLE,
                        Cause.MEMORY,
                        "200 MiB"),
                desk(
                        "memory between keeps free",
                        Scene.strained(10),
                        new Scene().memory(300),
                        State.AVAILABLE,
                        Cause.NONE,
                        ""),
                desk("memory between keeps taken", READY, new Scene().memory(300), State.UNAVAILABLE, Cause.MEMORY, ""),
                desk(
                        "waits for processors",
                        Scene.strained(10),
                        new Scene().stall(0.3, 0),
                        State.UNAVAILABLE,
                        Cause.PRESSURE,
                        "30 % of the time for a processor"),
                desk(
                        "waits for memory",
                        Scene.strained(10),
                        new Scene().stall(0, 0.2),
                        State.UNAVAILABLE,
                        Cause.PRESSURE,
                        "20 % of the time for memory"),
                desk(
                        "stall between keeps free",
                        Scene.strained(10),
                        new Scene().stall(0.1, 0.05),
                        State.AVAILABLE,
                        Cause.NONE,
                        ""),
                desk(
                        "stall between keeps taken",
                        READY,
                        new Scene().stall(0.1, 0),
                        State.UNAVAILABLE,
                        Cause.PRESSURE,
                        ""),
                desk(
                        "memory stall between keeps taken",
                        READY,
                        new Scene().stall(0, 0.05),
                        State.UNAVAILABLE,
                        Cause.PRESSURE,
                        ""),
                desk("held", Scene.taken(29, 600), new Scene(), State.UNAVAILABLE, Cause.SETTLING, "available in 1 s"),
                desk(
                        "calm too shortly",
                        Scene.taken(600, 20),
                        new Scene(),
                        State.UNAVAILABLE,
                        Cause.SETTLING,
                        "available in 10 s"),
                rack("a key at a server", FREE, new Scene().input(0), State.AVAILABLE, Cause.NONE, ""),
                rack("a film at a server", READY, film, State.AVAILABLE, Cause.NONE, ""),
                rack("no input device at a server", READY, absentInput(), State.AVAILABLE, Cause.NONE, ""),
                rack(
                        "unknown input at a server",
                        READY,
                        unknownInput(new Scene(), false),
                        State.AVAILABLE,
                        Cause.NONE,
                        ""),
                rack("more load is quiet at a server", READY, new Scene().load(0.5), State.AVAILABLE, Cause.NONE, ""),
                rack(
                        "a server's load lasts",
                        Scene.strained(10),
                        new Scene().load(1.1),
                        State.UNAVAILABLE,
                        Cause.LOAD,
                        "1.1"),
                rack(
                        "a server waits",
                        Scene.strained(10),
                        new Scene().stall(0.3, 0),
                        State.UNAVAILABLE,
                        Cause.PRESSURE,
                        ""),
                rack("load unknown at a server", FREE, unknownLoad(), State.UNKNOWN, Cause.UNKNOWN, ""));
    }

    private static Scene unknownInput(Scene scene, boolean terminal) {
        scene.input = new Reading.Unknown<>("input device event3 cannot be read: EACCES");
        if (terminal) scene.terminals = scene.seen(Kind.USED, "terminal", 1);
        return scene;
    }

    private static Scene absentInput() {
        Scene scene = new Scene();
        scene.input = new Reading.Absent<>("there are no input devices here");
        return scene;
    }

    private static Scene staleInput() {
        Scene scene = new Scene();
        scene.input = new Reading.Known<>(
                new Presence(Kind.USED, "mouse", scene.now - 5000 * Scene.SECOND), scene.now - 10 * Scene.SECOND);
        return scene;
    }

    private static Scene unknownLoad() {
        Scene scene = new Scene();
        scene.load = new Reading.Unknown<>("processor use cannot be read");
        return scene;
    }

    private static Scene absentLoad() {
        Scene scene = new Scene();
        scene.load = new Reading.Absent<>("no cgroup v2");
        return scene;
    }

    private static Scene unknownMemory() {
        Scene scene = new Scene();
        scene.memory = new Reading.Unknown<>("the memory left cannot be read");
        return scene;
    }

    private static Scene unknownPressure() {
        Scene scene = new Scene();
        scene.pressure = new Reading.Unknown<>("pressure cannot be read");
        return scene;
    }

    private static IdlePolicy policy(Profile profile) {
        return new IdlePolicy(profile, IdleSettings.standard(profile, 2));
    }

    @ParameterizedTest
    @MethodSource("rows")
    void judges(Row row) {
        Standing after = policy(row.profile()).next(row.before(), row.scene().facts());
        assertAll(
                () -> assertEquals(row.state(), after.state(), after::why),
                () -> assertEquals(row.cause(), after.cause(), after::why),
                () -> assertTrue(after.why().contains(row.why()), after::why),
                () -> assertEquals(
                        row.before().state() == row.state() ? row.before().since() : row.scene().now, after.since()));
    }

    @Test
    void theFirstStandingIsUnknownAndOwnersPresenceAfterItIsAReturn() {
        IdlePolicy policy = policy(Profile.WORKSTATION);
        Standing begin = policy.begin(Scene.BEGIN);
        assertEquals(State.UNKNOWN, begin.state());
        Standing typed = policy.next(begin, new Scene().input(0).facts());
        assertTrue(typed.ownerReturnedAfter(begin));
        assertFalse(policy.next(typed, new Scene().input(0).facts()).ownerReturnedAfter(typed));
    }

    @Test
    void anOwnerWhoReturnsToAHostTakenForItsLoadHasReturned() {
        IdlePolicy policy = policy(Profile.WORKSTATION);
        Standing loaded = policy.next(Scene.strained(10), new Scene().load(1.8).facts());
        assertEquals(Cause.LOAD, loaded.cause());
        assertTrue(policy.next(loaded, new Scene().load(1.8).input(1).facts()).ownerReturnedAfter(loaded));
    }

    @Test
    void everyReturnThatComesSoonDoublesTheHoldUpToItsBound() {
        IdlePolicy policy = policy(Profile.WORKSTATION);
        long hold = 30 * Scene.SECOND;
        for (long expected : new long[] {60, 120, 240, 480, 900, 900}) {
            Standing free = Scene.available(10);
            Standing before = new Standing(
                    free.state(), free.cause(), "", free.since(), free.left(), hold, free.strained(), free.calm());
            hold = policy.next(before, new Scene().input(0).facts()).hold();
            assertEquals(expected * Scene.SECOND, hold);
        }
        Standing rested = Scene.available(300);
        Standing before = new Standing(
                rested.state(),
                rested.cause(),
                "",
                rested.since(),
                rested.left(),
                hold,
                rested.strained(),
                rested.calm());
        assertEquals(
                30 * Scene.SECOND,
                policy.next(before, new Scene().input(0).facts()).hold());
    }

    @Test
    void whatWasUnknownWasNotCalm() {
        IdlePolicy policy = policy(Profile.WORKSTATION);
        Standing unknown = policy.next(READY, unknownLoad().facts());
        assertTrue(unknown.calm().isEmpty());
        assertEquals(Cause.SETTLING, policy.next(unknown, new Scene().facts()).cause());
    }
}

package dev.tomte.acceptance;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.Reason;
import dev.tomte.contracts.rest.MigrationResource;
import dev.tomte.contracts.rest.WhyResource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * The time of day of one host's services is set while a guest is there: nobody notices but who wants to move. Kernel and
 * guests go on by the machine's, as libfaketime is loaded into the services alone.
 */
@Order(8)
@Timeout(value = 600, unit = TimeUnit.SECONDS)
@EnabledIfSystemProperty(
        named = "tomte.long",
        matches = "true",
        disabledReason = "the launcher unpacks libfaketime for --long only")
class TimeOfDayTest {
    private static final String HOST = "ws2";
    private static final Duration HOUR = Duration.ofHours(1);
    /** Of a time of day that is read after it was set. */
    private static final Duration NEAR = Duration.ofMinutes(10);

    private final Fleet fleet = Fleet.up();
    private final Owners owners = new Owners(fleet);
    private final Path setting = Fleet.run().resolve("time-of-day");
    private int asked;

    /** What a host's detector has measured, and when that was read here. */
    private record Idleness(Availability.Sharing said, long nanos) {
        /** No longer than time has passed, and not less than before. */
        void assertGoesOnFrom(Idleness before) {
            Duration passed = Duration.ofNanos(nanos - before.nanos);
            // what was read may have been said by the last telling that was allowed for
            Duration most = passed.plusSeconds(Availability.STALE_SECONDS);
            Duration more = Duration.ofMillis(said.lastingMillis() - before.said.lastingMillis());
            assertTrue(!more.isNegative() && more.compareTo(most) <= 0, () -> more + " more in " + passed);
        }
    }

    @BeforeEach
    void theHostsTimeCanBeSet() throws IOException {
        set(Duration.ZERO);
        fleet.environment(
                HOST,
                Map.of(
                        "LD_PRELOAD", library().toString(),
                        "FAKETIME_TIMESTAMP_FILE", setting.toString(),
                        // seconds; without, the file is read whenever anybody asks for the time
                        "FAKETIME_CACHE_DURATION", "1",
                        "FAKETIME_DONT_FAKE_MONOTONIC", "1",
                        // with it, waits by the clock that nobody sets end at once
                        "FAKETIME_FORCE_MONOTONIC_FIX", "0",
                        // files' times are the kernel's
                        "NO_FAKE_STAT", "1"));
        owners.areAway();
        owners.is("ws1", true);
        owners.is("ws3", true);
        owners.awaitBusy("ws1", "ws3");
        owners.awaitIdle(HOST);
    }

    @AfterEach
    void theHostsTimeIsTheMachines() throws IOException {
        fleet.environment(HOST, Map.of());
        Files.delete(setting);
        owners.areAway();
    }

    private static Path library() throws IOException {
        try (Stream<Path> all = Files.walk(Fleet.tools().resolve("libfaketime"))) {
            return all.filter(file -> file.endsWith("faketime/libfaketimeMT.so.1"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void anHourForthAndBackMovesNobody() throws IOException {
        try (Guest guest = Guest.shared(fleet, "ws1", "hour");
                Checker checker = new Checker(List.of(guest.id()))) {
            guest.awaitHolder(HOST);
            guest.progress(1);
            Idleness before = idleness();
            for (Duration ahead : List.of(HOUR, Duration.ZERO, HOUR.negated(), Duration.ZERO)) {
                setAndSee(ahead);
                guest.progress(100);
                assertEquals(HOST, guest.status().holder());
                Idleness now = idleness();
                now.assertGoesOnFrom(before);
                before = now;
            }
            assertEquals(
                    List.of(Reason.PLACEMENT),
                    why(guest).moves().stream().map(MigrationResource::reason).toList());
            guest.migrate("ws1");
            checker.assertNeverTwo();
            guest.finish();
        }
    }

    @Test
    void aHostThatIsAheadRefusesMovesUntilItsTimeIsRight() throws IOException {
        try (Guest there = Guest.counter(fleet, "ws1", "leaves");
                Guest comes = Guest.counter(fleet, "ws1", "comes");
                Checker checker = new Checker(List.of(there.id(), comes.id()))) {
            there.migrate(HOST);
            setAndSee(HOUR);
            assertRefused(there, "ws1");
            assertRefused(comes, HOST);
            setAndSee(Duration.ZERO);
            there.migrate("ws1");
            comes.migrate(HOST);
            comes.migrate("ws3");
            checker.assertNeverTwo();
            there.finish();
            comes.finish();
        }
    }

    @Test
    void whoMustLeaveAHostThatIsAheadStandsUntilItsTimeIsRight() throws IOException {
        try (Guest guest = Guest.shared(fleet, "ws1", "held");
                Checker checker = new Checker(List.of(guest.id()))) {
            guest.awaitHolder(HOST);
            guest.progress(1);
            setAndSee(HOUR);
            owners.is(HOST, true);
            await("a move for the owner's sake was refused")
                    .atMost(Owners.LIMIT)
                    .until(() -> why(guest).moves().stream()
                            .anyMatch(move -> move.reason() == Reason.OWNER && move.state() == MoveState.REFUSED));
            assertEquals(Set.of(guest.id()), owners.host(HOST).sharing().held());
            assertTold(guest);
            set(Duration.ZERO);
            guest.awaitHolder("ws1");
            MigrationResource left = why(guest).moves().getFirst();
            assertEquals(Reason.OWNER, left.reason(), left::toString);
            checker.assertNeverTwo();
            guest.progress(1);
            guest.finish();
        }
    }

    /** Before it has stood still; and what it says, {@code mig why} says. */
    private void assertRefused(Guest guest, String target) {
        String source = guest.status().holder();
        MigrationResource refused = guest.end(guest.begin(target));
        assertEquals(MoveState.REFUSED, refused.state(), refused::toString);
        assertTrue(!refused.times().containsKey(MoveState.FROZEN), refused::toString);
        assertTold(guest);
        guest.progress(3);
        assertEquals(source, guest.status().holder());
    }

    private void assertTold(Guest guest) {
        String told = Fleet.mig("why", guest.id()).expect(0).out();
        assertTrue(told.matches("(?s).*the deadline \\S+ has passed: it is \\S+ on " + HOST + "\n.*"), told);
    }

    private WhyResource why(Guest guest) {
        return fleet.rest().get("/processes/" + guest.id() + "/why").as(WhyResource.class);
    }

    private Idleness idleness() {
        Availability host = owners.host(HOST);
        assertEquals(Availability.State.AVAILABLE, host.state(), host::toString);
        assertEquals(Set.of(), host.sharing().held());
        return new Idleness(host.sharing(), System.nanoTime());
    }

    /** It is read whenever somebody asks for the time: never half of it. */
    private void set(Duration ahead) throws IOException {
        Path draft = setting.resolveSibling("time-of-day.new");
        Files.writeString(draft, "%+d\n".formatted(ahead.toSeconds()));
        Files.move(draft, setting, StandardCopyOption.ATOMIC_MOVE);
    }

    private void setAndSee(Duration ahead) throws IOException {
        set(ahead);
        await("its time of day is " + ahead + " ahead")
                .atMost(Owners.LIMIT)
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> ahead().minus(ahead).abs().compareTo(NEAR) < 0);
    }

    /** How far ahead that host's agent thinks to be: it says when it has started a process. */
    private Duration ahead() {
        try (Guest here = Guest.run(fleet, HOST, "asked-" + ++asked, "sleep", "100")) {
            return Duration.between(Instant.now(), here.status().started());
        }
    }
}

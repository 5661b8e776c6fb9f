package dev.tomte.acceptance;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tomte.contracts.MoveState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The checker of copies is worth nothing if it cannot complain: here somebody lets the copy go that has been left behind. */
@Order(3)
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class CheckerTest {
    private final Fleet fleet = Fleet.up();

    @Test
    void aSecondCopyThatRunsIsNoticed() throws IOException {
        try (Guest guest = Guest.counter(fleet, "ws1", "twice");
                Checker checker = new Checker(List.of(guest.id()));
                FailPoint point = FailPoint.of(guest.id(), "ws1", "source-COMMITTED")) {
            guest.progress(2);
            String migration = guest.begin("ws2");
            point.awaitPaused();
            guest.awaitHolder("ws2");
            guest.progress(2);
            checker.assertNeverTwo();
            String home = checker.pods("ws1", guest.id()).getFirst();
            Path freezer = Checker.cgroups().resolve("ws1").resolve(home).resolve("tree/cgroup.freeze");
            Files.writeString(freezer, "0");
            await("it is noticed").atMost(Duration.ofSeconds(30)).until(() -> complains(checker));
            Files.writeString(freezer, "1");
            point.release();
            assertEquals(MoveState.SETTLED, guest.end(migration).state());
        }
    }

    private static boolean complains(Checker checker) {
        try {
            checker.assertNeverTwo();
            return false;
        } catch (AssertionError e) {
            return true;
        }
    }
}

package dev.tomte.migration.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.contracts.ProcessStatus;
import dev.tomte.migration.Fleets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AccessTest {
    private static final ProcessStatus COUNT =
            Fleets.running("p-1", "count", "ws1", 1, Instant.parse("2026-11-29T12:00:00Z"));

    private final StandInCluster cluster = new StandInCluster();
    private long now = Long.MAX_VALUE - 5;
    private final Access access = Access.by(cluster, () -> now);
    private final Caller.User user = cluster.user("ann", "t");

    private void pass(Duration time) {
        now += time.toNanos();
    }

    @Test
    void whatAClusterSaidCountsForTenSeconds() {
        assertEquals(Optional.of(user), access.user(user.token()));
        assertFalse(access.may(user, Permission.seeHosts()));
        cluster.permitted.add("list nodes");
        pass(Duration.ofSeconds(9));
        assertEquals(Optional.of(user), access.user(user.token()));
        assertFalse(access.may(user, Permission.seeHosts()));
        assertTrue(cluster.wasAskedOnce(), cluster.asked::toString);
        pass(Duration.ofSeconds(1));
        assertTrue(access.may(user, Permission.seeHosts()));
        assertTrue(access.admits(user));
    }

    @Test
    void aTokenThatIsTakenBackEndsWithinTenSeconds() {
        assertTrue(access.admits(user));
        cluster.users.clear();
        pass(Duration.ofSeconds(10));
        assertFalse(access.admits(user));
    }

    @Test
    void aTokenThatIsNobodysIsAskedOfEachTime() {
        assertEquals(Optional.empty(), access.user(StandInCluster.token("new")));
        cluster.user("bob", "new");
        assertTrue(access.user(StandInCluster.token("new")).isPresent());
    }

    @Test
    void whoMaySeeAllIsAskedForOnce() {
        cluster.permitted.add("get pods in namespace default");
        ProcessStatus other = Fleets.running("p-2", "other", "ws1", 1, COUNT.since());
        assertTrue(access.sees(user, COUNT));
        assertTrue(access.sees(user, other));
        assertEquals(List.of("get pods", "get pods in namespace default"), cluster.asked);
    }

    @Test
    void onePodAloneMayBeSeen() {
        cluster.permitted.add("get pods/count in namespace default");
        assertTrue(access.sees(user, COUNT));
        assertFalse(access.sees(user, Fleets.running("p-2", "other", "ws1", 1, COUNT.since())));
    }

    @Test
    void nothingIsPermittedWhileTheClusterIsSilent() {
        cluster.isSilent = true;
        assertThrows(Cluster.Silent.class, () -> access.user(user.token()));
        assertThrows(Cluster.Silent.class, () -> access.sees(user, COUNT));
        assertTrue(access.may(new Caller.Certified("mig"), Permission.seeHosts()));
    }

    @Test
    void whereThereIsNoClusterNoTokenHelps() {
        Access fleet = Access.byCertificate();
        assertFalse(fleet.takesTokens());
        assertEquals(Optional.empty(), fleet.user(user.token()));
        assertFalse(fleet.may(user, Permission.seeHosts()));
        assertFalse(fleet.admits(user));
    }

    @Test
    void theOldestAnswerGoesWhenThereAreTooMany() {
        Recent<Integer, Integer> recent = new Recent<>(100, Duration.ofSeconds(10), () -> now);
        for (int i = 0; i < 1000; i++) {
            recent.keep(0, i, now);
            recent.keep(i, i, now);
        }
        assertTrue(recent.answer(1).isEmpty());
        assertEquals(Optional.of(999), recent.answer(999));
        assertEquals(Optional.of(999), recent.answer(0));
    }

    @Test
    void permissionsAreNamedAsTheClusterNamesThem() {
        assertEquals(
                "delete pods/count in namespace default",
                Permission.dispose(COUNT).words());
        assertEquals(
                "get pods/count/log in namespace default",
                Permission.readLog(COUNT).words());
        assertEquals("update nodes/n1", Permission.changeHost("n1").words());
    }
}

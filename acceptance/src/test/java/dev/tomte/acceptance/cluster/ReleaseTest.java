package dev.tomte.acceptance.cluster;

import static dev.tomte.acceptance.cluster.Lab.COUNT;
import static dev.tomte.acceptance.cluster.Lab.LIMIT;
import static dev.tomte.acceptance.cluster.Lab.assertEachNumberOnce;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.acceptance.Shell;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** One life of a release, and the pod that outlives it. Last, since it takes the release away. */
@Order(3)
@Timeout(1200)
@OnCluster
@EnabledIfSystemProperty(
        named = "tomte.long",
        matches = "true",
        disabledReason = "takes 6 minutes: ./tomte check --cluster --long")
class ReleaseTest {
    private static void assertGone(String what) {
        Shell.Result left = Cluster.tried("get", what, "-A", "-l", "app.kubernetes.io/part-of=tomte", "-o", "name");
        assertEquals("", left.out().strip(), what);
    }

    @Test
    void aReleaseIsTriedUpgradedRolledBackAndTakenAwayAndNoProcessNoticesIt(@TempDir Path directory)
            throws IOException {
        try (Cluster cluster = Cluster.up(directory)) {
            Lab lab = Lab.made(cluster, directory);
            String tried = Cluster.helm("test", Cluster.RELEASE);
            assertTrue(tried.contains("Succeeded"), tried);

            lab.pod("kept", COUNT);
            lab.awaitAtHome("kept");
            lab.move("kept", "n2");
            String before = Cluster.revision();
            Cluster.upgrade("--set", "migration.heap=170m", "--set", "node.heap=136m");
            lab.awaitMore("kept");
            Cluster.helm("rollback", Cluster.RELEASE, before, "--wait", "--timeout=5m");
            lab.awaitMore("kept");
            await("it moves again")
                    .atMost(LIMIT)
                    .until(() -> lab.moveTried("kept", "n3").status() == 0);

            Cluster.uninstall();
            lab.awaitNoGuests();
            lab.awaitMore("kept");
            for (String what : List.of(
                    "all",
                    "secrets,configmaps,serviceaccounts,roles,rolebindings",
                    "clusterroles,clusterrolebindings,priorityclasses",
                    "mutatingwebhookconfigurations,validatingwebhookconfigurations",
                    "validatingadmissionpolicies,validatingadmissionpolicybindings",
                    "customresourcedefinitions")) assertGone(what);
            // the garbage collector's work
            await("no budget is left").atMost(LIMIT).untilAsserted(() -> assertGone("poddisruptionbudgets"));
        }
        try (Cluster cluster = Cluster.up(directory)) {
            Lab lab = Lab.there(cluster, directory);
            lab.awaitAtHome("kept");
            lab.move("kept", "n2");
            lab.awaitMore("kept");
            assertEachNumberOnce(lab.logs("kept"));
            assertEquals("0", lab.get("pod/kept", ".status.containerStatuses[0].restartCount"));
            lab.close();
        }
    }
}

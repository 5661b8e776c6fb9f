package dev.tomte.acceptance.cluster;

import static dev.tomte.acceptance.cluster.Lab.COUNT;
import static dev.tomte.acceptance.cluster.Lab.LIMIT;
import static dev.tomte.acceptance.cluster.Lab.assertEachNumberOnce;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.acceptance.Shell;
import java.io.IOException;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What empties nodes: guests leave by moving, and nobody evicts them otherwise. */
@Order(1)
@Timeout(900)
class DrainTest extends InLab {
    @Test
    void aDrainedNodesGuestsLeaveByMoving() throws IOException {
        lab.pod("drained", COUNT);
        lab.awaitAtHome("drained");
        lab.move("drained", "n2");
        String guest = lab.get("pods", ".items[?(@.spec.nodeName=='n2')].metadata.name");
        try {
            Cluster.kubectl("cordon", "n2");
            Shell.Result tried = Cluster.tried(
                    "drain", "n2", "--pod-selector=tomte.dev/guest=true", "--dry-run=server", "--timeout=12s");
            assertTrue(lab.exists("pod/" + guest), () -> "a dry run asks for nothing: " + tried.out() + tried.err());
            assertEquals("n2", lab.nodeOf("drained"));
            Cluster.kubectl(
                    "drain", "n2", "--ignore-daemonsets", "--pod-selector=tomte.dev/guest=true", "--timeout=120s");
            await("it is elsewhere")
                    .atMost(LIMIT)
                    .until(() -> !lab.nodeOf("drained").equals("n2"));
            lab.awaitMore("drained");
            Shell.Result back = lab.moveTried("drained", "n2");
            assertTrue(back.err().contains("cordoned"), back::err);
        } finally {
            Cluster.kubectl("uncordon", "n2");
        }
        assertEachNumberOnce(lab.logs("drained"));
    }

    @Test
    void aDeletedGuestPodsGuestLeavesByMoving() throws IOException {
        lab.pod("pushed", COUNT);
        lab.awaitAtHome("pushed");
        lab.move("pushed", "n3");
        lab.kubectl(
                "delete", "pod", "-l", "tomte.dev/guest=true", "--field-selector=spec.nodeName=n3", "--timeout=100s");
        await("it is elsewhere").atMost(LIMIT).until(() -> !lab.nodeOf("pushed").equals("n3"));
        lab.awaitMore("pushed");
        assertEachNumberOnce(lab.logs("pushed"));
    }

    @Test
    void whileNobodyAnswersForEvictionsNoGuestIsEvicted() throws IOException {
        lab.pod("guarded", COUNT);
        lab.awaitAtHome("guarded");
        lab.move("guarded", "n2");
        await("a budget stands").atMost(LIMIT).until(() -> lab.exists("pdb/tomte-guests"));
        String guest = lab.get("pods", ".items[?(@.spec.nodeName=='n2')].metadata.name");
        String service = "deployment/tomte-migration";
        String replicas = Cluster.kubectl("-n", Cluster.RELEASE, "get", service, "-o", "jsonpath={.spec.replicas}");
        String drain = "drain n2 --ignore-daemonsets --pod-selector=tomte.dev/guest=true --timeout=";
        try {
            Cluster.kubectl("-n", Cluster.RELEASE, "scale", service, "--replicas=0");
            Cluster.kubectl(
                    "-n",
                    Cluster.RELEASE,
                    "wait",
                    "--for=delete",
                    "pod",
                    "-l",
                    "app.kubernetes.io/component=migration",
                    "--timeout=100s");
            Shell.Result drained = Cluster.tried((drain + "15s").split(" "));
            assertTrue(drained.err().contains("disruption budget"), drained::err);
            assertEquals("", lab.get("pod/" + guest, ".metadata.deletionTimestamp"));
            lab.awaitMore("guarded");

            Cluster.kubectl("-n", Cluster.RELEASE, "scale", service, "--replicas=" + replicas);
            Cluster.kubectl("-n", Cluster.RELEASE, "rollout", "status", service, "--timeout=200s");
            Cluster.kubectl((drain + "120s").split(" "));
            lab.awaitMore("guarded");
        } finally {
            Cluster.kubectl("-n", Cluster.RELEASE, "scale", service, "--replicas=" + replicas);
            Cluster.kubectl("-n", Cluster.RELEASE, "rollout", "status", service, "--timeout=200s");
            Cluster.kubectl("uncordon", "n2");
        }
        assertEachNumberOnce(lab.logs("guarded"));
        lab.empty();
        await("a namespace without guests has none").atMost(LIMIT).until(() -> !lab.exists("pdb/tomte-guests"));
    }

    @Test
    void anotherBudgetIsNotForTheServiceToMake() throws IOException {
        Shell.Result made = lab.tried(
                "create",
                "pdb",
                "mine",
                "--selector=app=web",
                "--min-available=1",
                "--as=system:serviceaccount:tomte:tomte-migration");
        assertTrue(made.err().contains("budgets for guest pods only"), made::err);
    }
}

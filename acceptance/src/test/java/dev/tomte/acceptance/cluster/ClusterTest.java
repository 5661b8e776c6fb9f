package dev.tomte.acceptance.cluster;

import static dev.tomte.acceptance.cluster.Lab.COUNT;
import static dev.tomte.acceptance.cluster.Lab.LIMIT;
import static dev.tomte.acceptance.cluster.Lab.assertEachNumberOnce;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.acceptance.Shell;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ordinary pods, moved between nodes. */
@Order(1)
@Timeout(900)
class ClusterTest extends InLab {
    @Test
    void aRestrictedPodMovesFromNodeToNodeAndHome() throws IOException {
        lab.pod(
                "sim",
                "command: [bash, -c, 'i=0; while sleep 0.1; do i=$((i+1)); echo $i; echo $i >> /data/count; done']");
        lab.awaitAtHome("sim");
        lab.move("sim", "n2");
        assertEquals("n2", lab.guests());
        lab.awaitMore("sim");
        lab.move("sim", "n3");
        lab.awaitMore("sim");
        assertEquals("n3", lab.guests());
        lab.move("sim", "home");
        lab.awaitMore("sim");
        lab.awaitNoGuests();

        assertEachNumberOnce(lab.logs("sim"));
        assertEachNumberOnce(
                lab.kubectl("exec", "sim", "--", "cat", "/data/count").lines().toList());
        assertEquals("0", lab.get("pod/sim", ".status.containerStatuses[0].restartCount"));
    }

    @Test
    void aPodGoesToAnIdleNodeByItself() throws IOException {
        lab.sharedPod("free", COUNT);
        await("it goes where nobody is")
                .atMost(LIMIT.multipliedBy(2))
                .until(() -> !lab.guests().isEmpty());
        lab.awaitMore("free");
        assertEachNumberOnce(lab.logs("free"));
    }

    @Test
    void kubectlSeesProcessesAndTakesWishes() throws IOException {
        lab.pod("seen", COUNT);
        await("it is seen").atMost(LIMIT).until(() -> lab.exists("process/seen"));
        lab.wish("there", "seen", "n2");
        assertEquals("SETTLED", lab.get("migration/there", ".status.state"));
        assertEquals("n2", lab.guests());
        await("where it is, is shown")
                .atMost(LIMIT)
                .until(() -> lab.nodeOf("seen").equals("n2"));
        assertEquals("n1", lab.get("process/seen", ".status.home"));
        lab.awaitEventOf("seen", "Moved", "n1 -> n2 (operator), stood still for");
        Shell.Result changed =
                lab.tried("patch", "migration", "there", "--type=merge", "-p", "{\"spec\": {\"target\": \"n3\"}}");
        assertTrue(changed.err().contains("a wish is made once"), changed::err);

        lab.wish("nowhere", "seen", "n9");
        assertEquals("REFUSED", lab.get("migration/nowhere", ".status.state"));
        assertTrue(lab.get("migration/nowhere", ".status.message").contains("no host 'n9'"));
        lab.wish("nobody", "unseen", "n2");
        assertEquals("REFUSED", lab.get("migration/nobody", ".status.state"));

        // what is shown is not what runs
        lab.kubectl("delete", "migration", "there");
        lab.kubectl("delete", "process", "seen");
        lab.awaitMore("seen");
        await("it is seen again").atMost(LIMIT).until(() -> lab.exists("process/seen"));
        lab.move("seen", "home");
        await("what mig asks for is seen too")
                .atMost(LIMIT)
                .until(() -> lab.get("migrations", ".items[?(@.spec.target=='n1')].status.source")
                        .contains("n2"));
        lab.kubectl("delete", "pod", "seen");
        await("what showed it goes with it").atMost(LIMIT).until(() -> !lab.exists("process/seen"));
    }

    @Test
    void anAgentMayTouchGuestPodsOfItsOwnNodeOnly() throws IOException {
        lab.pod("safe", COUNT);
        Shell.Result deleted =
                lab.tried("delete", "pod", "safe", "--as=system:serviceaccount:tomte:tomte-node", "--wait=false");
        assertTrue(deleted.err().contains("of its own node only"), deleted::err);
        lab.awaitMore("safe");
    }

    @Test
    void aPodWithoutACommandRunsWhatItsImageSays() throws IOException {
        lab.pod("plain", "args: [-c, 'i=0; while sleep 0.1; do i=$((i+1)); echo $i; done']");
        lab.awaitAtHome("plain");
        lab.move("plain", "n2");
        lab.awaitMore("plain");
        assertEachNumberOnce(lab.logs("plain"));
        assertTrue(lab.get("process/plain", ".status.command").startsWith("/bin/bash -c i=0"));
    }

    @Test
    void aNodeSaysWhatItHasOfWhatMovesNeed() {
        for (String node : List.of("n1", "n2", "n3")) {
            String said = Cluster.kubectl(
                    "get",
                    "node",
                    node,
                    "-o",
                    "jsonpath={range .status.conditions[?(@.type=='TomteReady')]}{.status} {.message}{end}");
            assertTrue(said.startsWith("True kernel: run ("), said);
            assertTrue(said.contains("criu: run (") && said.contains("userfaultfd: not run ("), said);
        }
    }

    /** What guest pods have been given of memory by their nodes, bytes. */
    private long given() {
        return Long.parseLong(lab.kubectl(
                "get",
                "pods",
                "-l",
                "tomte.dev/guest=true",
                "-o",
                "jsonpath={.items[*].status.containerStatuses[0].allocatedResources.memory}"));
    }

    @Test
    void aGuestPodAsksForWhatItsProcessOccupies() throws IOException {
        lab.pod(
                "grows",
                "command: [bash, -c, 'x=$(head -c 100000000 /dev/zero | tr \"\\0\" x); echo big;"
                        + " until [ -e /data/more ]; do sleep 0.1; done;"
                        + " y=$(head -c 200000000 /dev/zero | tr \"\\0\" y); echo bigger; while :; do sleep 1; done']");
        lab.awaitAtHome("grows");
        await("it has grown").atMost(LIMIT).until(() -> lab.logs("grows").equals(List.of("big")));
        lab.move("grows", "n2");
        long first = given();
        assertTrue(first > 100_000_000, () -> first + " bytes for 100 MB");
        String guest = lab.get("pods", ".items[?(@.spec.nodeName=='n2')].metadata.uid");
        lab.kubectl("exec", "grows", "--", "touch", "/data/more");
        await("more was given").atMost(LIMIT).until(() -> given() > first + 200_000_000);
        assertEquals(guest, lab.get("pods", ".items[?(@.spec.nodeName=='n2')].metadata.uid"), "the same pod");
        lab.apply("""
                apiVersion: v1
                kind: ResourceQuota
                metadata: {name: memory, namespace: lab}
                spec: {hard: {requests.memory: 600Mi}}
                """);
        try {
            await("it counts")
                    .atMost(LIMIT)
                    .until(() -> !lab.get("resourcequota/memory", ".status.used.requests\\.memory")
                            .isEmpty());
            lab.assertRefused("grows", "n3", "exceeded quota");
            assertEquals("n2", lab.nodeOf("grows"));
        } finally {
            lab.kubectl("delete", "resourcequota", "memory");
        }
    }

    @Test
    void whatAQuotaDoesNotLetInIsRefusedBeforeTheFreeze() throws IOException {
        lab.pod("counted", COUNT);
        lab.awaitAtHome("counted");
        lab.apply("""
                apiVersion: v1
                kind: ResourceQuota
                metadata: {name: one, namespace: lab}
                spec: {hard: {pods: 1}}
                """);
        try {
            await("it counts")
                    .atMost(LIMIT)
                    .until(() ->
                            lab.get("resourcequota/one", ".status.used.pods").equals("1"));
            lab.wish("full", "counted", "n2");
            assertEquals("REFUSED", lab.get("migration/full", ".status.state"));
            assertTrue(lab.get("migration/full", ".status.message").contains("exceeded quota"));
            assertEquals("", lab.get("migration/full", ".status.stoodStillMillis"));
            lab.awaitMore("counted");
        } finally {
            lab.kubectl("delete", "resourcequota", "one");
        }
    }

    @Test
    void aProbeIsAnsweredAtHomeWhereverTheProcessIs() throws IOException {
        lab.pod(
                "probed",
                COUNT
                        + "\n  livenessProbe: {exec: {command: [test, -d, /data]}, periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 1}");
        lab.awaitAtHome("probed");
        for (String target : List.of("n2", "n3", "home")) {
            lab.move("probed", target);
            lab.awaitMore("probed");
        }
        assertEquals("0", lab.get("pod/probed", ".status.containerStatuses[0].restartCount"));
        assertEachNumberOnce(lab.logs("probed"));
    }

    @Test
    void aJobMovedFiveTimesCompletesWithTheRightResult() throws IOException {
        lab.apply("""
                apiVersion: batch/v1
                kind: Job
                metadata: {name: sum, namespace: lab}
                spec:
                  backoffLimit: 0
                  template:
                    metadata:
                      labels: {of: sum}
                      annotations: {tomte.dev/shared: "false"}
                    spec:
                """ + Lab.spec("""
                        command: [bash, -c, 's=0; i=0; while [ ! -e /data/end ]; do i=$((i+1)); s=$(((s*31+i) % 1000003)); echo $i $s; sleep 0.02; done; echo done']""", 6));
        await("the job has begun")
                .atMost(LIMIT)
                .until(() -> !lab.get("pods", ".items[?(@.metadata.labels.of=='sum')].metadata.name")
                        .isEmpty());
        String pod = lab.get("pods", ".items[?(@.metadata.labels.of=='sum')].metadata.name");
        lab.kubectl("wait", "--for=condition=Ready", "pod/" + pod, "--timeout=120s");
        lab.awaitAtHome(pod);
        for (String target : List.of("n2", "n3", "home", "n3", "n2")) lab.move(pod, target);
        lab.kubectl("exec", pod, "--", "touch", "/data/end");
        lab.kubectl("wait", "--for=condition=Complete", "job/sum", "--timeout=100s");
        List<String> said = lab.logs(pod);
        assertEquals("done", said.getLast());
        long sum = 0;
        for (int i = 1; i < said.size(); i++) {
            sum = (sum * 31 + i) % 1000003;
            assertEquals(i + " " + sum, said.get(i - 1));
        }
    }

    @Test
    void aPodThatCannotMoveIsLetInAsItIs() throws IOException {
        lab.pod("fixed", "command: [sleep, '1000']\n  stdin: true");
        assertTrue(
                lab.get("pod/fixed", ".metadata.annotations.tomte\\.dev/stays").contains("standard input"));
        assertFalse(lab.get("pod/fixed", ".spec.containers[0].command").contains("stub"));
        lab.awaitEventOf("fixed", "CannotMove", "standard input");
    }
}

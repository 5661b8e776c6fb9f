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
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Ordinary pods, moved between nodes. */
@Order(1)
@Timeout(900)
@OnCluster
class ClusterTest {
    private static final String VERTICAL = "verticalpodautoscalers.autoscaling.k8s.io";
    /** As far as that project's own definition matters here. */
    private static final String VERTICAL_AUTOSCALERS = """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata:
              name: %s
              annotations: {api-approved.kubernetes.io: "unapproved, for a test"}
            spec:
              group: autoscaling.k8s.io
              scope: Namespaced
              names: {kind: VerticalPodAutoscaler, plural: verticalpodautoscalers}
              versions:
              - name: v1
                served: true
                storage: true
                schema:
                  openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
            """.formatted(VERTICAL);

    private Cluster cluster;
    private Lab lab;

    @BeforeAll
    void install(@TempDir Path directory) throws IOException {
        cluster = Cluster.up(directory);
        lab = Lab.made(cluster, directory);
    }

    @AfterEach
    void empty() {
        lab.empty();
    }

    @AfterAll
    void remove() {
        lab.close();
        cluster.close();
    }

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

    private void wish(String name, String process, String target) throws IOException {
        lab.apply("""
                apiVersion: tomte.dev/v1alpha1
                kind: Migration
                metadata: {name: %s, namespace: lab}
                spec: {process: %s, target: %s, why: to see}
                """.formatted(name, process, target));
        lab.kubectl("wait", "--for=condition=Ended", "migration/" + name, "--timeout=100s");
    }

    @Test
    void kubectlSeesProcessesAndTakesWishes() throws IOException {
        lab.pod("seen", COUNT);
        await("it is seen").atMost(LIMIT).until(() -> lab.exists("process/seen"));
        wish("there", "seen", "n2");
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

        wish("nowhere", "seen", "n9");
        assertEquals("REFUSED", lab.get("migration/nowhere", ".status.state"));
        assertTrue(lab.get("migration/nowhere", ".status.message").contains("no host 'n9'"));
        wish("nobody", "unseen", "n2");
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
    void aPodThatAnAutoscalerTargetsStaysUnlessItSaysOtherwise() throws IOException {
        lab.deployment("web", COUNT);
        String pod = lab.get("pods", ".items[0].metadata.name");
        lab.awaitAtHome(pod);
        try {
            lab.apply("""
                    apiVersion: autoscaling/v2
                    kind: HorizontalPodAutoscaler
                    metadata: {name: web, namespace: lab}
                    spec:
                      scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
                      minReplicas: 1
                      maxReplicas: 2
                      metrics:
                      - type: Resource
                        resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}
                    """);
            awaitWhy(pod, "HorizontalPodAutoscaler lab/web targets Deployment web");
            assertRefused(pod, "HorizontalPodAutoscaler lab/web targets Deployment web");
            wish("scaled", pod, "n2");
            assertEquals("REFUSED", lab.get("migration/scaled", ".status.state"));
            assertTrue(lab.get("migration/scaled", ".status.message").contains("HorizontalPodAutoscaler lab/web"));
            assertEquals("", lab.guests());

            lab.kubectl("annotate", "pod", pod, "tomte.dev/autoscaled=move");
            await("its mark counts")
                    .atMost(LIMIT)
                    .until(() -> lab.moveTried(pod, "n2").status() == 0);
            // who is away when that is taken back may come home
            lab.kubectl("annotate", "pod", pod, "tomte.dev/autoscaled-");
            awaitWhy(pod, "HorizontalPodAutoscaler lab/web");
            assertRefused(pod, "n3", "HorizontalPodAutoscaler lab/web");
            lab.move(pod, "home");
            lab.kubectl("delete", "hpa", "web");

            lab.apply(VERTICAL_AUTOSCALERS);
            Cluster.kubectl("wait", "--for=condition=Established", "crd/" + VERTICAL, "--timeout=60s");
            lab.apply("""
                    apiVersion: autoscaling.k8s.io/v1
                    kind: VerticalPodAutoscaler
                    metadata: {name: size, namespace: lab}
                    spec: {targetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
                    """);
            awaitWhy(pod, "VerticalPodAutoscaler lab/size targets Deployment web");
            assertRefused(pod, "VerticalPodAutoscaler lab/size");
        } finally {
            Cluster.kubectl("delete", "crd", VERTICAL, "--ignore-not-found");
            lab.kubectl("delete", "deployment,hpa", "--all");
        }
    }

    @Test
    void settingsCountWhileTheServicesRun() throws IOException {
        String running = services();
        try {
            setting("tomte.placement.guests-per-core", "\"0\"");
            awaitLog("deployment/tomte-migration", "guestsPerCore=0");
            setting("tomte.placement.guests-per-core", "\"-1\"");
            awaitLog("deployment/tomte-migration", "guests-per-core is -1: at least 0");
            lab.sharedPod("fixed", COUNT);
            lab.awaitAtHome("fixed");
            awaitWhy("fixed", "it has 0 guests, on");

            setting("tomte.idle.profile", "workstation");
            await("nobody can tell whether the nodes' owners are there")
                    .atMost(LIMIT)
                    .until(() -> cluster.mig("hosts").out().contains("nothing tells whether the owner is at it"));
            setting("tomte.idle.profile", "laptop");
            awaitLog("daemonset/tomte-node", "profile 'laptop' is neither 'workstation' nor 'server'");
            assertTrue(cluster.mig("hosts").out().contains("nothing tells whether the owner is at it"));
            assertEquals("", lab.guests());
        } finally {
            setting("tomte.idle.profile", "server");
            setting("tomte.placement.guests-per-core", "null");
        }
        await("with what was before it goes elsewhere again")
                .atMost(LIMIT.multipliedBy(2))
                .until(() -> !lab.guests().isEmpty());
        assertEquals(running, services(), "nothing has been started again");
    }

    private static void setting(String name, String value) {
        Cluster.kubectl(
                "-n",
                Cluster.RELEASE,
                "patch",
                "configmap",
                "tomte-settings",
                "--type=merge",
                "-p",
                "data: {%s: %s}".formatted(name, value));
    }

    /** Of one of its pods. */
    private static void awaitLog(String of, String words) {
        await(words)
                .atMost(LIMIT)
                .until(() -> Cluster.kubectl("-n", Cluster.RELEASE, "logs", of, "--since=10m")
                        .contains(words));
    }

    /** The services' containers, each life of which has an id of its own. */
    private static String services() {
        return Cluster.kubectl(
                "-n",
                Cluster.RELEASE,
                "get",
                "pods",
                "-o",
                "jsonpath={.items[*].status.containerStatuses[*].containerID}");
    }

    private void awaitWhy(String pod, String words) {
        await(words)
                .atMost(LIMIT)
                .until(() -> cluster.mig("why", "lab/" + pod).out().contains(words));
    }

    private void assertRefused(String pod, String words) {
        assertRefused(pod, "n2", words);
    }

    private void assertRefused(String pod, String target, String words) {
        Shell.Result refused = lab.moveTried(pod, target);
        assertEquals(1, refused.status());
        assertTrue(refused.err().contains(words), refused::err);
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
                        + " y=$(head -c 200000000 /dev/zero | tr \"\\0\" y); echo bigger; sleep 1000']");
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
            assertRefused("exceeded quota", lab.moveTried("grows", "n3"));
            assertEquals("n2", lab.nodeOf("grows"));
        } finally {
            lab.kubectl("delete", "resourcequota", "memory");
        }
    }

    private static void assertRefused(String words, Shell.Result moved) {
        assertEquals(1, moved.status(), () -> moved.out() + moved.err());
        assertTrue(moved.err().contains(words), moved::err);
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
            wish("full", "counted", "n2");
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

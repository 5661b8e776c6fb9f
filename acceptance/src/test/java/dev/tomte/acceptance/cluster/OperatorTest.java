package dev.tomte.acceptance.cluster;

import static dev.tomte.acceptance.cluster.Lab.COUNT;
import static dev.tomte.acceptance.cluster.Lab.LIMIT;
import static dev.tomte.acceptance.cluster.Lab.assertEachNumberOnce;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an operator says of a cluster counts: autoscalers, settings, and how the stub comes; and a detector that dies. */
@Order(1)
@Timeout(900)
class OperatorTest extends InLab {
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
            lab.awaitWhy(pod, "HorizontalPodAutoscaler lab/web targets Deployment web");
            lab.assertRefused(pod, "n2", "HorizontalPodAutoscaler lab/web targets Deployment web");
            lab.wish("scaled", pod, "n2");
            assertEquals("REFUSED", lab.get("migration/scaled", ".status.state"));
            assertTrue(lab.get("migration/scaled", ".status.message").contains("HorizontalPodAutoscaler lab/web"));
            assertEquals("", lab.guests());

            lab.kubectl("annotate", "pod", pod, "tomte.dev/autoscaled=move");
            await("its mark counts")
                    .atMost(LIMIT)
                    .until(() -> lab.moveTried(pod, "n2").status() == 0);
            // who is away when that is taken back may come home
            lab.kubectl("annotate", "pod", pod, "tomte.dev/autoscaled-");
            lab.awaitWhy(pod, "HorizontalPodAutoscaler lab/web");
            lab.assertRefused(pod, "n3", "HorizontalPodAutoscaler lab/web");
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
            lab.awaitWhy(pod, "VerticalPodAutoscaler lab/size targets Deployment web");
            lab.assertRefused(pod, "n2", "VerticalPodAutoscaler lab/size");
        } finally {
            Cluster.kubectl("delete", "crd", VERTICAL, "--ignore-not-found");
            lab.kubectl("delete", "deployment,hpa", "--all");
        }
    }

    @Test
    void settingsCountWhileTheServicesRun() throws IOException {
        String running = services();
        try {
            Cluster.setting("tomte.placement.guests-per-core", "0");
            awaitLog("deployment/tomte-migration", "guestsPerCore=0");
            Cluster.setting("tomte.placement.guests-per-core", "-1");
            awaitLog("deployment/tomte-migration", "guests-per-core is -1: at least 0");
            lab.sharedPod("fixed", COUNT);
            lab.awaitAtHome("fixed");
            lab.awaitWhy("fixed", "it has 0 guests, on");

            Cluster.setting("tomte.idle.profile", "workstation");
            await("nobody can tell whether the nodes' owners are there")
                    .atMost(LIMIT)
                    .until(() -> cluster.mig("hosts").out().contains("nothing tells whether the owner is at it"));
            Cluster.setting("tomte.idle.profile", "laptop");
            awaitLog("daemonset/tomte-node", "profile 'laptop' is neither 'workstation' nor 'server'");
            assertTrue(cluster.mig("hosts").out().contains("nothing tells whether the owner is at it"));
            assertEquals("", lab.guests());
        } finally {
            Cluster.setting("tomte.idle.profile", "server");
            Cluster.setting("tomte.placement.guests-per-core", null);
        }
        await("with what was before it goes elsewhere again")
                .atMost(LIMIT.multipliedBy(2))
                .until(() -> !lab.guests().isEmpty());
        assertEquals(running, services(), "nothing has been started again");
    }

    @Test
    void aDetectorThatDiesTakesItsNodesAvailabilityWithItAndNothingElse() {
        awaitNode("n2", "AVAILABLE");
        String pod = Cluster.kubectl(
                "-n",
                Cluster.RELEASE,
                "get",
                "pods",
                "-l",
                "app.kubernetes.io/component=node",
                "--field-selector=spec.nodeName=n2",
                "-o",
                "jsonpath={.items[0].metadata.name}");
        String agent = container(pod, "node", "containerID");
        String detector = container(pod, "idle", "containerID");
        // the bracket: what looks for it does not find itself
        String kill = "kill -9 $(grep -l '[D]etectorMain' /proc/[0-9]*/cmdline | cut -d/ -f3)";
        Cluster.kubectl("-n", Cluster.RELEASE, "exec", pod, "-c", "idle", "--", "sh", "-c", kill);
        await("nobody believes what it said last")
                .atMost(LIMIT)
                .until(() -> !node("n2").contains(" AVAILABLE "));
        awaitLog("pod/" + pod, "the idle detector beside the agent is gone");
        awaitNode("n2", "AVAILABLE");
        assertEquals(agent, container(pod, "node", "containerID"));
        assertNotEquals(detector, container(pod, "idle", "containerID"));
    }

    private static String container(String pod, String name, String field) {
        return Cluster.kubectl(
                "-n",
                Cluster.RELEASE,
                "get",
                "pod",
                pod,
                "-o",
                "jsonpath={.status.containerStatuses[?(@.name=='" + name + "')]." + field + "}");
    }

    private String node(String name) {
        return cluster.mig("hosts")
                .out()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .findFirst()
                .orElse("");
    }

    private void awaitNode(String name, String state) {
        await(name + " is " + state)
                .atMost(LIMIT.multipliedBy(2))
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> node(name).contains(" " + state + " "));
    }

    @Test
    void whereNoImageIsMountedTheStubIsCopied() throws IOException {
        try {
            Cluster.upgrade("--set", "stub.delivery=initContainer");
            lab.pod("copied", COUNT);
            assertEquals("tomte-stub", lab.get("pod/copied", ".spec.initContainers[0].name"));
            assertEquals("", lab.get("pod/copied", ".spec.volumes[?(@.image)].name"));
            lab.awaitAtHome("copied");
            lab.move("copied", "n2");
            lab.awaitMore("copied");
            lab.move("copied", "home");
            lab.awaitMore("copied");
            assertEachNumberOnce(lab.logs("copied"));
        } finally {
            Cluster.upgrade();
        }
    }

    /** Of one of its pods. */
    private static void awaitLog(String of, String words) {
        await(words)
                .atMost(LIMIT)
                .until(() -> Cluster.kubectl("-n", Cluster.RELEASE, "logs", of, "--since=10m")
                        .contains(words));
    }

    /** The services' containers, each life of which has an id of its own; but for those that an upgrade is ending. */
    private static String services() {
        String ids =
                "{{range .items}}{{if not .metadata.deletionTimestamp}}{{range .status.containerStatuses}}{{.containerID}} "
                        + "{{end}}{{end}}{{end}}";
        return Cluster.kubectl("-n", Cluster.RELEASE, "get", "pods", "-o", "go-template=" + ids);
    }
}

package dev.tomte.acceptance.cluster;

import static dev.tomte.acceptance.cluster.Lab.COUNT;
import static dev.tomte.acceptance.cluster.Lab.LIMIT;
import static dev.tomte.acceptance.cluster.Lab.assertEachNumberOnce;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ordinary pods that move while parts of Tomte are replaced or die, and while a node does. */
@Order(2)
@Timeout(1200)
@EnabledIfSystemProperty(
        named = "tomte.long",
        matches = "true",
        disabledReason = "takes 11 minutes: ./tomte check --cluster --long")
class ClusterFaultsTest extends InLab {
    private static final List<String> POINTS = List.of(
            "source-FROZEN",
            "source-RESTORED",
            "source-PROPOSED",
            "source-COMMITTED",
            "target-RESTORED",
            "target-COMMITTED");
    private static final String HOME = "n1";
    private static final String SOURCE = "n2";
    private static final String TARGET = "n3";

    @AfterAll
    void releaseAll() {
        Agents.releaseAll();
    }

    /** A pod whose move from {@link #SOURCE} to {@link #TARGET} stands still at a point. */
    private final class Standing {
        final String pod;
        final String state;
        final Agents.Point point;

        Standing(String state, String fault) throws IOException {
            this.state = state;
            pod = (state.replace('_', '-') + "-" + fault).toLowerCase(Locale.ROOT);
            lab.pod(pod, COUNT);
            await("it is seen").atMost(LIMIT).until(() -> lab.exists("process/" + pod));
            lab.move(pod, SOURCE);
            point = Agents.Point.of(lab.processId(pod), state.startsWith("source") ? SOURCE : TARGET, state);
            lab.apply("""
                    apiVersion: tomte.dev/v1alpha1
                    kind: Migration
                    metadata: {name: %s, namespace: lab}
                    spec: {process: %s, target: %s}
                    """.formatted(pod, pod, TARGET));
            point.awaitPaused();
        }

        void settle() {
            lab.kubectl("wait", "--for=condition=Ended", "migration/" + pod, "--timeout=150s");
            String end = lab.get("migration/" + pod, ".status.state");
            assertTrue(List.of("SETTLED", "ROLLED_BACK", "REFUSED").contains(end), end);
            // past the commit point there is one way only
            if (state.endsWith("COMMITTED")) assertEquals("SETTLED", end);
            lab.awaitMore(pod);
            lab.move(pod, "home");
            lab.awaitMore(pod);
            assertEachNumberOnce(lab.logs(pod));
            assertEquals("0", lab.get("pod/" + pod, ".status.containerStatuses[0].restartCount"));
            lab.kubectl("delete", "pod", pod, "--wait=false");
        }
    }

    @ParameterizedTest(name = "the agent and home proxy of {0} die")
    @ValueSource(strings = {HOME, SOURCE, TARGET})
    void anAgentDiesAtEveryState(String victim) throws IOException {
        atEveryState(victim, () -> Agents.kill(victim));
    }

    @Test
    void theReplicasOfTheMigrationServiceDieAtEveryState() throws IOException {
        atEveryState(
                "migration",
                () -> Cluster.kubectl(
                        "-n",
                        Cluster.RELEASE,
                        "delete",
                        "pod",
                        "-l",
                        "app.kubernetes.io/component=migration",
                        "--grace-period=0",
                        "--force"));
    }

    private void atEveryState(String fault, Runnable happens) throws IOException {
        Agents.awaitAll(cluster);
        List<Standing> all = new ArrayList<>();
        for (String point : POINTS) all.add(new Standing(point, fault));
        happens.run();
        all.forEach(each -> each.point.release());
        Agents.awaitAll(cluster);
        assertAll(all.stream().<Executable>map(each -> each::settle));
        lab.awaitNoGuests();
    }

    @ParameterizedTest(name = "{0} is replaced")
    @ValueSource(strings = {"deployment/tomte-migration", "statefulset/tomte-broker", "daemonset/tomte-node"})
    void aComponentIsReplacedWhileAPodMoves(String component) throws IOException {
        Agents.awaitAll(cluster);
        String pod = component.substring(component.indexOf('/') + 1);
        lab.pod(pod, COUNT);
        lab.awaitAtHome(pod);
        Cluster.kubectl("-n", Cluster.RELEASE, "rollout", "restart", component);
        boolean isReplaced = false;
        for (int i = 0; !isReplaced; i++) {
            // one that is refused or rolled back meanwhile has done no harm; the numbers say so
            lab.moveTried(pod, i % 2 == 0 ? SOURCE : TARGET);
            isReplaced = Cluster.tried("-n", Cluster.RELEASE, "rollout", "status", component, "--timeout=1s")
                            .status()
                    == 0;
        }
        Agents.awaitAll(cluster);
        await("it moves again").atMost(LIMIT).until(() -> {
            String other = lab.nodeOf(pod).equals(SOURCE) ? TARGET : SOURCE;
            return lab.moveTried(pod, other).status() == 0;
        });
        lab.awaitMore(pod);
        lab.move(pod, "home");
        lab.awaitMore(pod);
        assertEachNumberOnce(lab.logs(pod));
        assertEquals("0", lab.get("pod/" + pod, ".status.containerStatuses[0].restartCount"));
        lab.kubectl("delete", "pod", pod);
        lab.awaitNoGuests();
    }

    /**
     * What docs/kubernetes.md says: a guest is lost with its node, and its home pod fails; others go on. The one broker is
     * elsewhere: while it is away nobody hears that a node is missing.
     */
    @Test
    void aNodeDiesAndComesBack() throws IOException {
        Agents.awaitAll(cluster);
        String brokers =
                Cluster.kubectl("-n", Cluster.RELEASE, "get", "pod/tomte-broker-0", "-o", "jsonpath={.spec.nodeName}");
        String dying = brokers.equals(SOURCE) ? TARGET : SOURCE;
        String living = dying.equals(SOURCE) ? TARGET : SOURCE;
        lab.pod("there", COUNT);
        lab.pod("elsewhere", COUNT);
        lab.awaitAtHome("there");
        lab.awaitAtHome("elsewhere");
        lab.move("there", dying);
        lab.move("elsewhere", living);
        Cluster.tomte(Duration.ofMinutes(2), "cluster", "crash", dying).expect(0);
        try {
            await("it is missed")
                    .atMost(LIMIT)
                    .until(() -> lab.get("process/there", ".status.state").equals("unreachable"));
            lab.awaitMore("elsewhere");
            lab.move("elsewhere", "home");
        } finally {
            Cluster.tomte(Duration.ofMinutes(4), "cluster", "start", dying).expect(0);
        }
        await("it is lost")
                .atMost(Duration.ofMinutes(4))
                .until(() -> lab.get("process/there", ".status.state").equals("lost"));
        await("its home pod has failed")
                .atMost(LIMIT)
                .until(() -> lab.get("pod/there", ".status.phase").equals("Failed"));
        assertEachNumberOnce(lab.logs("elsewhere"));
        Agents.awaitAll(cluster);
        lab.move("elsewhere", dying);
        lab.awaitMore("elsewhere");
        lab.kubectl("delete", "pod", "there", "elsewhere");
        lab.awaitNoGuests();
    }

    /** Likewise: what has its home on a node ends with it, wherever it runs. */
    @Test
    void aHomesNodeDiesAndComesBack() throws IOException {
        Agents.awaitAll(cluster);
        lab.pod("homeless", COUNT);
        lab.awaitAtHome("homeless");
        lab.move("homeless", SOURCE);
        String process = lab.processId("homeless");
        Cluster.tomte(Duration.ofMinutes(2), "cluster", "crash", HOME).expect(0);
        Cluster.tomte(Duration.ofMinutes(4), "cluster", "start", HOME).expect(0);
        await("its home pod has failed")
                .atMost(Duration.ofMinutes(4))
                .until(() -> lab.get("pod/homeless", ".status.phase").equals("Failed"));
        lab.awaitNoGuests();
        await("it is said to be lost")
                .atMost(LIMIT)
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> cluster.mig("ps", "-a")
                        .out()
                        .lines()
                        .anyMatch(line -> line.startsWith(process + " ") && line.contains(" LOST(137) ")));
        Agents.awaitAll(cluster);
        lab.pod("next", COUNT);
        lab.awaitAtHome("next");
        lab.move("next", SOURCE);
        lab.awaitMore("next");
        assertEachNumberOnce(lab.logs("next"));
        lab.kubectl("delete", "pod", "homeless", "next");
        lab.awaitNoGuests();
    }
}

package dev.tomte.acceptance.cluster;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.acceptance.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** Ordinary pods of a namespace that enforces Pod Security "restricted", moved between nodes. */
@Timeout(900)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@EnabledIfSystemProperty(
        named = "tomte.cluster",
        matches = "up",
        disabledReason = "needs a Kubernetes cluster: ./tomte check --cluster")
class ClusterTest {
    private static final String LAB = "lab";
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private Cluster cluster;

    @BeforeAll
    void install(@TempDir Path directory) throws IOException {
        cluster = Cluster.installed(directory);
        Cluster.tried("delete", "namespace", LAB, "--ignore-not-found", "--wait");
        apply("""
                apiVersion: v1
                kind: Namespace
                metadata:
                  name: lab
                  labels:
                    tomte.dev/migratable: "true"
                    pod-security.kubernetes.io/enforce: restricted
                """, directory);
    }

    @AfterAll
    void remove() {
        Cluster.tried("delete", "namespace", LAB, "--ignore-not-found", "--wait=false");
        cluster.close();
    }

    private static void apply(String yaml, Path directory) throws IOException {
        Path file = directory.resolve("apply.yaml");
        Files.writeString(file, yaml);
        Cluster.kubectl("apply", "-f", file.toString());
    }

    /** A pod at node n1 that is in no way made for being moved. */
    private static void pod(Path directory, String name, String command) throws IOException {
        apply("""
                apiVersion: v1
                kind: Pod
                metadata: {name: %s, namespace: lab}
                spec:
                  nodeName: n1
                  restartPolicy: Never
                  terminationGracePeriodSeconds: 20
                  securityContext:
                    runAsNonRoot: true
                    runAsUser: 1000
                    runAsGroup: 1000
                    seccompProfile: {type: RuntimeDefault}
                  containers:
                  - name: c
                    image: localhost/tomte/debian:1
                    %s
                    securityContext:
                      allowPrivilegeEscalation: false
                      readOnlyRootFilesystem: true
                      capabilities: {drop: [ALL]}
                    volumeMounts:
                    - {name: data, mountPath: /data}
                  volumes:
                  - {name: data, emptyDir: {}}
                """.formatted(name, command), directory);
        Cluster.kubectl("-n", LAB, "wait", "--for=condition=Ready", "pod/" + name, "--timeout=120s");
    }

    private void awaitAtHome(String name) {
        await(name + " is known")
                .atMost(LIMIT)
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> cluster.mig("ps").out().contains(name + " "));
    }

    private void move(String name, String target) {
        Shell.Result moved = cluster.mig("migrate", LAB + "/" + name, target);
        assertEquals(0, moved.status(), () -> moved.out() + moved.err());
    }

    private static String get(String name, String path) {
        return Cluster.kubectl("-n", LAB, "get", "pod", name, "-o", "jsonpath=" + path);
    }

    private static List<String> logs(String name) {
        return Cluster.kubectl("-n", LAB, "logs", name).lines().toList();
    }

    private static void awaitMore(String name) {
        int before = logs(name).size();
        await(name + " goes on")
                .atMost(LIMIT)
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> logs(name).size() > before + 3);
    }

    private static String guests() {
        return Cluster.kubectl(
                "-n", LAB, "get", "pods", "-l", "tomte.dev/guest=true", "-o", "jsonpath={.items[*].spec.nodeName}");
    }

    @Test
    void aRestrictedPodMovesFromNodeToNodeAndHome(@TempDir Path directory) throws IOException {
        pod(
                directory,
                "sim",
                "command: [bash, -c, 'i=0; while sleep 0.1; do i=$((i+1)); echo $i; echo $i >> /data/count; done']");
        awaitAtHome("sim");
        move("sim", "n2");
        assertEquals("n2", guests());
        awaitMore("sim");
        move("sim", "n3");
        awaitMore("sim");
        assertEquals("n3", guests());
        move("sim", "home");
        awaitMore("sim");
        await("no guest pod is left").atMost(LIMIT).until(() -> guests().isEmpty());

        List<String> said = logs("sim");
        assertEquals(
                IntStream.rangeClosed(1, said.size())
                        .mapToObj(Integer::toString)
                        .toList(),
                said,
                "every number once");
        List<String> written = Cluster.kubectl("-n", LAB, "exec", "sim", "--", "cat", "/data/count")
                .lines()
                .toList();
        assertEquals(
                IntStream.rangeClosed(1, written.size())
                        .mapToObj(Integer::toString)
                        .toList(),
                written);
        assertEquals("0", get("sim", "{.status.containerStatuses[0].restartCount}"));
        Cluster.kubectl("-n", LAB, "delete", "pod", "sim");
    }

    @Test
    void anExitAwayEndsTheHomePodAsIfItHadHappenedThere(@TempDir Path directory) throws IOException {
        pod(directory, "ends", "command: [bash, -c, 'until [ -e /data/end ]; do sleep 0.1; done; echo bye; exit 3']");
        awaitAtHome("ends");
        move("ends", "n2");
        Cluster.kubectl("-n", LAB, "exec", "ends", "--", "touch", "/data/end");
        await("the home pod ends")
                .atMost(LIMIT)
                .until(() -> get("ends", "{.status.phase}").equals("Failed"));
        assertEquals("3", get("ends", "{.status.containerStatuses[0].state.terminated.exitCode}"));
        assertEquals(List.of("bye"), logs("ends"));
        await("no guest pod is left").atMost(LIMIT).until(() -> guests().isEmpty());
    }

    @Test
    void deletingTheHomePodAsksTheProcessWhereverItIs(@TempDir Path directory) throws IOException {
        pod(
                directory,
                "asked",
                "command: [bash, -c, 'trap \"echo asked >> /data/said; exit 0\" TERM; echo up; while :; do sleep 0.1; done']");
        awaitAtHome("asked");
        move("asked", "n3");
        Cluster.kubectl("-n", LAB, "delete", "pod", "asked", "--timeout=100s");
        assertTrue(Cluster.tried("-n", LAB, "get", "pod", "asked").status() != 0);
        await("no guest pod is left").atMost(LIMIT).until(() -> guests().isEmpty());
    }

    @Test
    void aPodThatCannotMoveIsLetInAsItIs(@TempDir Path directory) throws IOException {
        pod(directory, "fixed", "command: [sleep, '1000']\n    stdin: true");
        assertTrue(get("fixed", "{.metadata.annotations.tomte\\.dev/stays}").contains("standard input"));
        assertFalse(get("fixed", "{.spec.containers[0].command}").contains("stub"));
        Cluster.kubectl("-n", LAB, "delete", "pod", "fixed", "--grace-period=1");
    }
}

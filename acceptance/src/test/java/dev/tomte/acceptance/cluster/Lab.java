package dev.tomte.acceptance.cluster;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.acceptance.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** A namespace that enforces Pod Security "restricted", whose pods are all to be homes. */
final class Lab implements AutoCloseable {
    static final String NAME = "lab";
    static final Duration LIMIT = Duration.ofMinutes(2);
    /** A command that says one number after the other. */
    static final String COUNT = "command: [bash, -c, 'i=0; while sleep 0.1; do i=$((i+1)); echo $i; done']";

    static final String DEBIAN = "localhost/tomte/debian:1";
    /** A ConfigMap that each pod has at /programs, where there is one. */
    static final String PROGRAMS = "programs";

    private final Cluster cluster;
    private final Path directory;

    private Lab(Cluster cluster, Path directory) {
        this.cluster = cluster;
        this.directory = directory;
    }

    /** As it was left. */
    static Lab there(Cluster cluster, Path directory) {
        return new Lab(cluster, directory);
    }

    /** Made anew. */
    static Lab made(Cluster cluster, Path directory) throws IOException {
        Cluster.tried("delete", "namespace", NAME, "--ignore-not-found", "--wait");
        Lab lab = new Lab(cluster, directory);
        lab.apply("""
                apiVersion: v1
                kind: Namespace
                metadata:
                  name: lab
                  labels:
                    tomte.dev/migratable: "true"
                    pod-security.kubernetes.io/enforce: restricted
                """);
        return lab;
    }

    void apply(String yaml) throws IOException {
        Path file = directory.resolve("apply.yaml");
        Files.writeString(file, yaml);
        Cluster.kubectl("apply", "-f", file.toString());
    }

    /** A pod's spec that is in no way made for being moved. */
    static String spec(String command, int indent) {
        return """
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
                  image: %s
                  %s
                  securityContext:
                    allowPrivilegeEscalation: false
                    readOnlyRootFilesystem: true
                    capabilities: {drop: [ALL]}
                  volumeMounts:
                  - {name: data, mountPath: /data}
                  - {name: programs, mountPath: /programs}
                volumes:
                - {name: data, emptyDir: {}}
                - {name: programs, configMap: {name: %s, optional: true, defaultMode: 0755}}
                """.formatted(DEBIAN, command, PROGRAMS).indent(indent);
    }

    /** Such a pod at node n1, which moves only when it is asked to; returns when it runs. */
    void pod(String name, String command) throws IOException {
        pod(name, command, false);
    }

    /** Likewise, of a spec made of {@link #spec}. */
    void podAs(String name, String spec) throws IOException {
        pod(name, false, spec);
    }

    /** Like {@link #pod(String, String)}, but it goes where nobody is by itself. */
    void sharedPod(String name, String command) throws IOException {
        pod(name, command, true);
    }

    private void pod(String name, String command, boolean isShared) throws IOException {
        pod(name, isShared, spec(command, 2));
    }

    /** Like {@link #pod(String, String)}, with another restartPolicy, and with what else its spec is to say. */
    void pod(String name, String command, String restartPolicy, String more) throws IOException {
        pod(
                name,
                false,
                spec(command, 2).replace("restartPolicy: Never", "restartPolicy: " + restartPolicy) + more.indent(2));
    }

    private void pod(String name, boolean isShared, String spec) throws IOException {
        apply("""
                apiVersion: v1
                kind: Pod
                metadata: {name: %s, namespace: lab, annotations: {tomte.dev/shared: "%s"}}
                spec:
                """.formatted(name, isShared) + spec);
        kubectl("wait", "--for=condition=Ready", "pod/" + name, "--timeout=120s");
    }

    /** One such pod of a Deployment of that name, which moves only when it is asked to; returns when it runs. */
    void deployment(String name, String command) throws IOException {
        apply("""
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: %s, namespace: lab}
                spec:
                  replicas: 1
                  selector: {matchLabels: {app: %s}}
                  template:
                    metadata: {labels: {app: %s}, annotations: {tomte.dev/shared: "false"}}
                    spec:
                """.formatted(name, name, name)
                + spec(command, 6).replace("restartPolicy: Never", "restartPolicy: Always"));
        kubectl("wait", "--for=condition=Available", "deployment/" + name, "--timeout=120s");
    }

    /** In this namespace; must succeed. */
    String kubectl(String... arguments) {
        return tried(arguments).expect(0).out().strip();
    }

    Shell.Result tried(String... arguments) {
        List<String> all = new ArrayList<>(List.of("-n", NAME));
        all.addAll(List.of(arguments));
        return Cluster.tried(all.toArray(String[]::new));
    }

    void awaitAtHome(String name) {
        await(name + " is known")
                .atMost(LIMIT)
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> cluster.mig("ps").out().contains(name + " "));
    }

    /** Waits until {@code mig why} says so of a pod. */
    void awaitWhy(String pod, String words) {
        await(words)
                .atMost(LIMIT)
                .until(() -> cluster.mig("why", NAME + "/" + pod).out().contains(words));
    }

    Shell.Result moveTried(String name, String target) {
        return cluster.mig("migrate", NAME + "/" + name, target);
    }

    /** A Migration; returns when it has ended. */
    void wish(String name, String process, String target) throws IOException {
        apply("""
                apiVersion: tomte.dev/v1alpha1
                kind: Migration
                metadata: {name: %s, namespace: lab}
                spec: {process: %s, target: %s, why: to see}
                """.formatted(name, process, target));
        kubectl("wait", "--for=condition=Ended", "migration/" + name, "--timeout=100s");
    }

    void assertRefused(String name, String target, String words) {
        Shell.Result moved = moveTried(name, target);
        assertEquals(1, moved.status(), () -> moved.out() + moved.err());
        assertTrue(moved.err().contains(words), moved::err);
    }

    void move(String name, String target) {
        Shell.Result moved = moveTried(name, target);
        assertEquals(0, moved.status(), () -> moved.out() + moved.err());
    }

    String get(String what, String path) {
        return kubectl("get", what, "-o", "jsonpath={" + path + "}");
    }

    boolean exists(String what) {
        return !kubectl("get", what, "--ignore-not-found", "-o", "name").isEmpty();
    }

    List<String> logs(String pod) {
        return kubectl("logs", pod).lines().toList();
    }

    void awaitMore(String pod) {
        int before = logs(pod).size();
        await(pod + " goes on")
                .atMost(LIMIT)
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> logs(pod).size() > before + 3);
    }

    void awaitEventOf(String pod, String reason, String words) {
        String selector = "involvedObject.name=" + pod + ",reason=" + reason;
        await(pod + " has an event " + reason)
                .atMost(LIMIT)
                .until(() -> kubectl(
                                "get", "events", "--field-selector", selector, "-o", "jsonpath={.items[*].message}")
                        .contains(words));
    }

    /** The id of a pod's process. */
    String processId(String pod) {
        return get("process/" + pod, ".status.process");
    }

    String nodeOf(String process) {
        return get("process/" + process, ".status.node");
    }

    /** The nodes of the guest pods. */
    String guests() {
        return kubectl("get", "pods", "-l", "tomte.dev/guest=true", "-o", "jsonpath={.items[*].spec.nodeName}");
    }

    void awaitNoGuests() {
        await("no guest pod is left").atMost(LIMIT).until(() -> guests().isEmpty());
    }

    static void assertEachNumberOnce(List<String> said) {
        assertEquals(
                IntStream.rangeClosed(1, said.size())
                        .mapToObj(Integer::toString)
                        .toList(),
                said,
                "every number once");
    }

    /** Takes away all that a test has made. */
    void empty() {
        kubectl("delete", "jobs,pods,migrations", "--all", "--grace-period=1", "--timeout=100s");
        awaitNoGuests();
    }

    @Override
    public void close() {
        Cluster.tried("delete", "namespace", NAME, "--ignore-not-found", "--wait=false");
    }
}

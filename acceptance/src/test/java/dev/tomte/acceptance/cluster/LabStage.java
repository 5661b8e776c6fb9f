package dev.tomte.acceptance.cluster;

import static dev.tomte.acceptance.cluster.Lab.LIMIT;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tomte.acceptance.Shell;
import dev.tomte.acceptance.Stage;
import dev.tomte.acceptance.Traveller;
import dev.tomte.contracts.Json;
import dev.tomte.contracts.MoveState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * The cluster's nodes: each process is an ordinary pod of the lab. Programs come as a ConfigMap, and the directory that
 * all share is a volume of the home's.
 */
final class LabStage implements Stage {
    private static final String DIRECTORY = "/var/lib/lab";
    private static final String JAVA = "/opt/java/bin/java";

    private final Cluster cluster;
    private final Lab lab;
    private final Path programs;
    private int moves;

    LabStage(Cluster cluster, Lab lab, Path scratch) throws IOException {
        this.cluster = cluster;
        this.lab = lab;
        programs = Files.createDirectories(scratch.resolve("programs"));
        onHome("rm -rf %s && install -d -o 1000 -g 1000 %s".formatted(DIRECTORY, DIRECTORY));
        removeVolume();
        lab.apply("""
                apiVersion: v1
                kind: PersistentVolume
                metadata: {name: lab}
                spec:
                  capacity: {storage: 1Gi}
                  accessModes: [ReadWriteOnce]
                  claimRef: {namespace: lab, name: shared}
                  hostPath: {path: %s}
                ---
                apiVersion: v1
                kind: PersistentVolumeClaim
                metadata: {name: shared, namespace: lab}
                spec:
                  accessModes: [ReadWriteOnce]
                  storageClassName: ""
                  volumeName: lab
                  resources: {requests: {storage: 1Gi}}
                """.formatted(DIRECTORY));
    }

    /** No namespace takes it with it. */
    void removeVolume() {
        lab.kubectl("delete", "persistentvolumeclaim/shared", "persistentvolume/lab", "--ignore-not-found");
    }

    private void onHome(String script) {
        Agents.on(home(), script).expect(0);
    }

    @Override
    public List<String> hosts() {
        return Agents.NODES;
    }

    @Override
    public String bring(String name, byte[] content) throws IOException {
        Path file = programs.resolve(name);
        if (!Files.exists(file) || !Arrays.equals(Files.readAllBytes(file), content)) {
            Files.write(file, content);
            lab.kubectl("delete", "configmap", Lab.PROGRAMS, "--ignore-not-found");
            lab.kubectl("create", "configmap", Lab.PROGRAMS, "--from-file=" + programs);
        }
        return "/programs/" + name;
    }

    @Override
    public Traveller start(String name, String... command) throws IOException {
        return start(name, Lab.DEBIAN, command);
    }

    @Override
    public Traveller java(String name, String... arguments) throws IOException {
        // the one image with a JVM
        String image = Cluster.kubectl(
                "-n",
                Cluster.RELEASE,
                "get",
                "deployment",
                "tomte-migration",
                "-o",
                "jsonpath={.spec.template.spec.containers[0].image}");
        // nothing is to be written but in the directory
        Stream<String> command = Stream.concat(Stream.of(JAVA, "-XX:-UsePerfData"), Stream.of(arguments));
        return start(name, image, command.toArray(String[]::new));
    }

    private Traveller start(String name, String image, String[] command) throws IOException {
        lab.podAs(
                name,
                Lab.spec("command: %s\n  workingDir: /data".formatted(Json.write(command)), 2)
                        .replace(Lab.DEBIAN, image)
                        .replace("emptyDir: {}", "persistentVolumeClaim: {claimName: shared}"));
        await(name + " is known").atMost(LIMIT).until(() -> lab.exists("process/" + name));
        return new Pod(name);
    }

    @Override
    public void make(String file) {
        onHome("touch %s/%s".formatted(DIRECTORY, file));
    }

    @Override
    public boolean has(String file) {
        return Agents.on(home(), "test -e %s/%s".formatted(DIRECTORY, file)).status() == 0;
    }

    @Override
    public Point point(Traveller traveller, String host, String state) {
        return Agents.Point.of(lab.processId(traveller.name()), host, state);
    }

    @Override
    public void kill(String host, Runnable then) {
        String before = Agents.lives(host);
        Agents.kill(host);
        then.run();
        await(host + "'s agent is started again")
                .atMost(LIMIT)
                .until(() -> !Agents.lives(host).equals(before));
        Agents.awaitAll(cluster);
    }

    private final class Pod implements Traveller {
        private static final String CONTAINER = ".status.containerStatuses[0]";

        private final String name;

        private Pod(String name) {
            this.name = name;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public List<String> lines() {
            return lab.logs(name);
        }

        private String exit() {
            return lab.get("pod/" + name, CONTAINER + ".state.terminated.exitCode");
        }

        @Override
        public void progress(int more) {
            int wanted = lines().size() + more;
            await(name + " goes on")
                    .atMost(LIMIT)
                    .pollInterval(Duration.ofMillis(300))
                    .until(() -> {
                        boolean hasEnded = !exit().isEmpty();
                        if (hasEnded) throw new AssertionError(name + " has ended with " + exit() + "\n" + tail());
                        return lines().size() >= wanted;
                    });
        }

        @Override
        public String begin(String target) throws IOException {
            String move = name + "-" + moves++;
            lab.apply("""
                    apiVersion: tomte.dev/v1alpha1
                    kind: Migration
                    metadata: {name: %s, namespace: lab}
                    spec: {process: %s, target: %s}
                    """.formatted(move, name, target));
            return move;
        }

        @Override
        public End awaitEnd(String move) {
            lab.kubectl("wait", "--for=condition=Ended", "migration/" + move, "--timeout=150s");
            String status = "migration/" + move;
            return new End(
                    MoveState.valueOf(lab.get(status, ".status.state")),
                    lab.get(status, ".status.message"),
                    !lab.get(status, ".status.phases.freeze").isEmpty());
        }

        @Override
        public String place() {
            return lab.nodeOf(name);
        }

        @Override
        public void signal(String signal) {
            Shell.Result told = cluster.mig("kill", "-s", signal, Lab.NAME + "/" + name);
            assertEquals(0, told.status(), told::err);
        }

        @Override
        public int awaitExit() {
            await(name + " ends").atMost(LIMIT).until(() -> !exit().isEmpty());
            assertEquals("0", lab.get("pod/" + name, CONTAINER + ".restartCount"));
            return Integer.parseInt(exit());
        }

        @Override
        public void close() {
            lab.kubectl("delete", "pod", name, "--grace-period=1", "--wait=false", "--ignore-not-found");
        }
    }
}

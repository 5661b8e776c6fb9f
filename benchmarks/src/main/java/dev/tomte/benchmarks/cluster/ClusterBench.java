package dev.tomte.benchmarks.cluster;

import dev.tomte.benchmarks.freeze.FreezeBench;
import dev.tomte.benchmarks.freeze.Shell;
import dev.tomte.contracts.Json;
import dev.tomte.contracts.rest.MigrationResource;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * Moves a pod of a namespace that enforces "restricted" around the nodes of the cluster that is up, and the same program
 * around the hosts of the fleet, if one is up. Prints how long it stood still, what the API server was asked for each
 * move, and what tomte-node uses meanwhile and when nothing moves.
 */
public final class ClusterBench {
    private static final String LAB = "tomte-bench";
    private static final String POD = "hold";
    private static final String PROCESS = "bench-hold";
    /** A kubelet looks at containers each 10 to 20 s. */
    private static final long LOOKED_AT = TimeUnit.SECONDS.toMillis(25);

    private final String launcher;
    private final Path directory;
    private final int rounds;
    private final int megabytes;
    private final long restMillis;

    private ClusterBench(String launcher, Path directory, int rounds, int megabytes, long restMillis) {
        this.launcher = launcher;
        this.directory = directory;
        this.rounds = rounds;
        this.megabytes = megabytes;
        this.restMillis = restMillis;
    }

    /** @param args rounds (5), MiB that the program holds (16), seconds that nothing moves (60); as many as given */
    public static void main(String[] args) throws IOException, InterruptedException {
        String launcher = System.getProperty("tomte.launcher");
        if (launcher == null) throw new IllegalArgumentException("use ./tomte bench cluster");
        Path directory = Files.createTempDirectory(Path.of("/var/tmp"), "tomte-bench");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        try {
            new ClusterBench(launcher, directory, number(args, 0, 5), number(args, 1, 16), number(args, 2, 60) * 1000L)
                    .run();
        } finally {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
            }
        }
    }

    private static int number(String[] args, int at, int otherwise) {
        return args.length > at ? Integer.parseInt(args[at]) : otherwise;
    }

    private void run() throws IOException, InterruptedException {
        Path source = directory.resolve("hold.c");
        try (InputStream in = FreezeBench.class.getResourceAsStream("hold.c")) {
            if (in == null) throw new IOException("hold.c is not in the jar");
            Files.write(source, in.readAllBytes());
        }
        Path program = directory.resolve("hold");
        // static: the pod's image has no C library that it must fit
        Shell.run(List.of("gcc", "-O2", "-static", "-o", program.toString(), source.toString()));
        System.out.printf("%d MiB%n", megabytes);
        try (Release release = Release.connect(launcher, directory)) {
            inCluster(release, program);
        }
        Optional<Moves> fleet = inFleet(program);
        if (fleet.isPresent()) fleet.get().print("fleet");
        else System.out.println("no fleet is up");
    }

    private void inCluster(Release release, Path program) throws IOException, InterruptedException {
        start(release, program);
        try {
            List<String> circle =
                    new ArrayList<>(release.nodes().subList(1, release.nodes().size()));
            circle.add("home");
            Moves cold = new Moves();
            for (String node : circle) cold.add(moved(release, node));
            Usage begin = Usage.now(release);
            Thread.sleep(restMillis);
            Usage rested = Usage.now(release);

            Moves moves = new Moves();
            List<Usage> seen = new ArrayList<>();
            for (int round = 0; round < rounds; round++) {
                for (String node : circle) moves.add(moved(release, node));
                seen.add(Usage.now(release));
            }
            // what was used last is seen only then
            Thread.sleep(LOOKED_AT);
            seen.add(Usage.now(release));
            cold.print("first");
            moves.print("cluster");
            cost(begin, rested, seen, moves.count());
        } finally {
            release.kubectl("delete", "namespace", LAB, "--wait=false");
        }
    }

    private static void cost(Usage begin, Usage rested, List<Usage> seen, int moves) {
        Usage end = seen.getLast();
        double rest = rested.secondsSince(begin);
        double busy = end.secondsSince(rested);
        double requestRate = (rested.requests() - begin.requests()) / rest;
        double cpuRate = (rested.cpu() - begin.cpu()) / rest;
        System.out.printf(
                "API server: %.1f requests/s without moves; %.1f more for each move%n",
                requestRate, (end.requests() - rested.requests() - requestRate * busy) / moves);
        System.out.printf(
                "tomte-node, all nodes: %.1f ms CPU each s without moves; %.0f ms more for each move%n",
                cpuRate * 1e3, (end.cpu() - rested.cpu() - cpuRate * busy) / moves * 1e3);
        memory("agent", rested, seen, node -> node.agent().memory());
        memory("idle", rested, seen, node -> node.idle().memory());
        memory("both", rested, seen, node -> node.agent().memory() + node.idle().memory());
    }

    private static void memory(String what, Usage rested, List<Usage> seen, ToDoubleFunction<Usage.Containers> memory) {
        System.out.printf(
                "tomte-node, %s: %.0f MiB without moves (mean of nodes), %.0f MiB at most between moves (any node)%n",
                what,
                rested.nodes().stream().mapToDouble(memory).average().orElse(0) / 0x1p20,
                seen.stream()
                                .flatMap(usage -> usage.nodes().stream())
                                .mapToDouble(memory)
                                .max()
                                .orElse(0)
                        / 0x1p20);
    }

    private static MigrationResource moved(Release release, String node) throws IOException, InterruptedException {
        return Json.read(release.mig("migrate", LAB + "/" + POD, node, "-o", "json"), MigrationResource.class);
    }

    private void start(Release release, Path program) throws IOException, InterruptedException {
        release.kubectl("delete", "namespace", LAB, "--ignore-not-found", "--wait");
        Path file = directory.resolve("bench.yaml");
        Files.writeString(file, """
                apiVersion: v1
                kind: Namespace
                metadata:
                  name: tomte-bench
                  labels: {tomte.dev/migratable: "true", pod-security.kubernetes.io/enforce: restricted}
                """);
        release.kubectl("apply", "-f", file.toString());
        release.kubectl("-n", LAB, "create", "configmap", "program", "--from-file=" + program);
        Files.writeString(file, """
                apiVersion: v1
                kind: Pod
                metadata: {name: hold, namespace: tomte-bench, annotations: {tomte.dev/shared: "false"}}
                spec:
                  nodeName: %s
                  restartPolicy: Never
                  terminationGracePeriodSeconds: 1
                  securityContext:
                    runAsNonRoot: true
                    runAsUser: 1000
                    seccompProfile: {type: RuntimeDefault}
                  containers:
                  - name: hold
                    image: localhost/tomte/debian:1
                    command: [/program/hold, "%d"]
                    securityContext:
                      allowPrivilegeEscalation: false
                      capabilities: {drop: [ALL]}
                    volumeMounts:
                    - {name: program, mountPath: /program}
                  volumes:
                  - {name: program, configMap: {name: program, defaultMode: 0555}}
                """.formatted(release.nodes().getFirst(), megabytes));
        release.kubectl("apply", "-f", file.toString());
        release.kubectl("-n", LAB, "wait", "--for=condition=Ready", "pod/" + POD, "--timeout=120s");
        // the wish of one that is not known yet would be refused
        for (int tries = 0; !release.mig("ps").contains(POD); tries++) {
            if (tries == 60) throw new IOException("the process of pod " + POD + " is not heard of");
            Thread.sleep(500);
        }
    }

    /** Empty where no fleet is up. */
    private Optional<Moves> inFleet(Path program) throws IOException, InterruptedException {
        List<String> mig = List.of(launcher, "mig");
        try {
            Shell.run(with(mig, "hosts"));
        } catch (IOException e) {
            return Optional.empty();
        }
        Shell.run(with(
                mig, "run", "--home", "ws1", "--name", PROCESS, "--", program.toString(), Integer.toString(megabytes)));
        try {
            Moves moves = new Moves();
            for (int round = -1; round < rounds; round++) {
                for (String host : List.of("ws2", "ws3", "home")) {
                    String moved = Shell.run(with(mig, "migrate", PROCESS, host, "-o", "json"));
                    if (round >= 0) moves.add(Json.read(moved, MigrationResource.class));
                }
            }
            return Optional.of(moves);
        } finally {
            Shell.run(with(mig, "kill", "-s", "KILL", PROCESS));
        }
    }

    private static List<String> with(List<String> command, String... arguments) {
        return Stream.concat(command.stream(), Stream.of(arguments)).toList();
    }
}

package dev.tomte.acceptance.cluster;

import static dev.tomte.acceptance.cluster.Lab.COUNT;
import static dev.tomte.acceptance.cluster.Lab.assertEachNumberOnce;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tomte.acceptance.Programs;
import dev.tomte.acceptance.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The programs that go around the fleet, as ordinary pods around the nodes, while they work: each checks itself at its
 * end. They come as a ConfigMap, and write into an emptyDir. No image of the tests has node.
 */
@Order(1)
@Timeout(900)
class ProgramsTest extends InLab {
    private static final int MOVES = Boolean.getBoolean("tomte.long") ? 210 : 30;
    private static final int LONGEST_REST_MILLIS = 500;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path scratch;

    private void bring(Path... files) {
        List<String> create = new ArrayList<>(List.of("create", "configmap", Lab.PROGRAMS));
        for (Path file : files) create.add("--from-file=" + file);
        lab.kubectl("delete", "configmap", Lab.PROGRAMS, "--ignore-not-found");
        lab.kubectl(create.toArray(String[]::new));
    }

    private Path source(String name) throws IOException {
        return Files.write(scratch.resolve(name), Programs.source(name));
    }

    /** @param command its last word is what the program calls its files */
    private void tour(String name, String image, String... command) throws IOException {
        lab.podOf(image, name, "command: [" + String.join(", ", command) + "]");
        lab.awaitAtHome(name);
        lab.awaitMore(name);
        for (String target : List.of("n2", "n3", "home")) {
            lab.move(name, target);
            lab.awaitMore(name);
        }
        assertEquals("n1", lab.nodeOf(name));
        Shell.Result told = cluster.mig("kill", Lab.NAME + "/" + name);
        assertEquals(0, told.status(), told::err);
        Shell.Result ended =
                lab.tried("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/" + name, "--timeout=60s");
        List<String> said = lab.logs(name);
        assertEquals(0, ended.status(), () -> ended.err() + said.getLast());
        assertEquals("OK " + (said.size() - 1), said.getLast());
        assertEachNumberOnce(said.subList(0, said.size() - 1));
    }

    @Test
    void aShellScriptWithChildrenAndPipes() throws IOException {
        bring(source("shell.sh"));
        tour("shell", Lab.DEBIAN, "sh", "/programs/shell.sh", "/data/shell");
    }

    @Test
    void pythonWithThreads() throws IOException {
        bring(source("threads.py"));
        tour("python", Lab.DEBIAN, "python3", "/programs/threads.py", "/data/python");
    }

    @Test
    void aProgramInCWithEverything() throws IOException {
        bring(Files.write(scratch.resolve("program"), Programs.compiled("everything", scratch)));
        tour("everything", Lab.DEBIAN, "/programs/program", "/data/everything");
    }

    @Test
    void aJvmUnderLoad() throws IOException {
        Path source = source("Load.java");
        Path javac = Path.of(System.getProperty("java.home"), "bin", "javac");
        List<String> compile = List.of(javac.toString(), "-d", scratch.toString(), source.toString());
        Shell.run(Duration.ofMinutes(1), Map.of(), compile).expect(0);
        try (Stream<Path> all = Files.list(scratch)) {
            bring(all.filter(file -> file.toString().endsWith(".class")).toArray(Path[]::new));
        }
        // the one image with a JVM
        String image = Cluster.kubectl(
                "-n",
                Cluster.RELEASE,
                "get",
                "deployment",
                "tomte-migration",
                "-o",
                "jsonpath={.spec.template.spec.containers[0].image}");
        tour(
                "jvm",
                image,
                "/opt/java/bin/java",
                "-Xmx48m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                // nothing is to be written but below /data
                "-XX:-UsePerfData",
                "-cp",
                "/programs",
                "Load",
                "/data/jvm");
    }

    @Test
    void threeAtOnceAtRandomMoments() throws IOException, InterruptedException, ExecutionException {
        long seed = Long.getLong("tomte.seed", 1991);
        System.out.printf("%d moves, -Dtomte.seed=%d%n", MOVES, seed);
        List<String> pods = List.of("random-0", "random-1", "random-2");
        for (String pod : pods) lab.pod(pod, COUNT);
        for (String pod : pods) lab.awaitAtHome(pod);
        try (ExecutorService threads = Executors.newFixedThreadPool(pods.size())) {
            List<Future<?>> walks = new ArrayList<>();
            for (String pod : pods)
                walks.add(threads.submit(() -> {
                    walk(pod, MOVES / pods.size(), new Random(seed + pod.hashCode()));
                    return pod;
                }));
            for (Future<?> walk : walks) walk.get();
        }
        for (String pod : pods) {
            lab.awaitMore(pod);
            assertEachNumberOnce(lab.logs(pod));
            assertEquals("0", lab.get("pod/" + pod, ".status.containerStatuses[0].restartCount"));
        }
    }

    private void walk(String pod, int moves, Random random) throws InterruptedException {
        String here = "home";
        for (int move = 0; move < moves; move++) {
            String from = here;
            List<String> others = Stream.of("home", "n2", "n3")
                    .filter(node -> !node.equals(from))
                    .toList();
            here = others.get(random.nextInt(others.size()));
            Thread.sleep(random.nextInt(LONGEST_REST_MILLIS));
            lab.move(pod, here);
        }
    }
}

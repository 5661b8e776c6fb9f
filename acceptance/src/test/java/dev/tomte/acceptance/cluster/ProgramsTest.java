package dev.tomte.acceptance.cluster;

import static dev.tomte.acceptance.cluster.Lab.COUNT;
import static dev.tomte.acceptance.cluster.Lab.assertEachNumberOnce;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tomte.acceptance.MovesScenario;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** On the cluster. No image of the tests has node. */
@Order(1)
@Timeout(900)
class ProgramsTest extends OnStage implements MovesScenario {
    private static final int MOVES = Boolean.getBoolean("tomte.long") ? 210 : 30;
    private static final int LONGEST_REST_MILLIS = 500;

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

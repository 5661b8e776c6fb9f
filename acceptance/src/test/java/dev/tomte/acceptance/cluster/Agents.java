package dev.tomte.acceptance.cluster;

import static dev.tomte.acceptance.cluster.Lab.LIMIT;
import static org.awaitility.Awaitility.await;

import dev.tomte.acceptance.Shell;
import dev.tomte.acceptance.Stage;
import java.time.Duration;
import java.util.List;

/** The nodes' agents, which tests have stand still at a point of a move, and kill. */
final class Agents {
    static final List<String> NODES = List.of("n1", "n2", "n3");
    private static final String PAUSES = "/run/tomte/pause";

    private Agents() {}

    static Shell.Result on(String node, String script) {
        return Cluster.tomte(Duration.ofMinutes(1), "cluster", "exec", node, "sh", "-c", script);
    }

    /** At once; the home proxy goes with it. */
    static void kill(String node) {
        on(node, """
                for p in /proc/[0-9]*; do
                    if tr '\\0' ' ' < $p/cmdline 2>/dev/null | grep -q "^[^ ]*java .*HostMain"; then
                        kill -9 ${p#/proc/}
                        exit
                    fi
                done
                exit 1
                """).expect(0);
    }

    /** How often a node's agent has been started. */
    static String lives(String node) {
        return Cluster.kubectl(
                "-n",
                Cluster.RELEASE,
                "get",
                "pods",
                "-l",
                "app.kubernetes.io/component=node",
                "--field-selector=spec.nodeName=" + node,
                "-o",
                "jsonpath={.items[0].status.containerStatuses[?(@.name=='node')].restartCount}");
    }

    /** Waits until all are there, and have been heard of. */
    static void awaitAll(Cluster cluster) {
        Cluster.kubectl("-n", Cluster.RELEASE, "rollout", "status", "daemonset/tomte-node", "--timeout=220s");
        await("all hosts are heard")
                .atMost(LIMIT)
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> {
                    String hosts = cluster.mig("hosts").out();
                    return NODES.stream().allMatch(hosts::contains) && !hosts.contains("not heard of");
                });
    }

    /** Whatever stands anywhere. */
    static void releaseAll() {
        for (String node : NODES) on(node, "rm -f " + PAUSES + "/pause-*");
    }

    /** Where a node's agent stands still in the moves of one process, until it is released. */
    record Point(String node, String name) implements Stage.Point {
        /** @param state side and state, as {@code source-FROZEN} */
        static Point of(String process, String node, String state) {
            Point point = new Point(node, state + "@" + process);
            // one that was killed while it stood here has left it
            on(node, "rm -f %s; touch %s".formatted(point.file("paused"), point.file("pause")))
                    .expect(0);
            return point;
        }

        private String file(String kind) {
            return "'%s/%s-%s'".formatted(PAUSES, kind, name);
        }

        @Override
        public void awaitPaused() {
            await(node + " at " + name)
                    .atMost(LIMIT)
                    .until(() -> on(node, "test -e " + file("paused")).status() == 0);
        }

        @Override
        public void release() {
            on(node, "rm -f " + file("pause")).expect(0);
        }
    }
}

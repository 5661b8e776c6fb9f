package dev.tomte.benchmarks.cluster;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What has been used up to a moment.
 *
 * @param nanos when, by the clock that only goes on
 * @param requests that the API server has answered
 * @param nodes the containers of tomte-node on each node
 */
record Usage(long nanos, double requests, List<Containers> nodes) {
    /** Of one node. */
    record Containers(Container agent, Container idle) {}

    /**
     * One of them.
     *
     * @param cpu seconds
     * @param memory working set, bytes
     */
    record Container(double cpu, double memory) {}

    static Usage now(Release release) throws IOException, InterruptedException {
        double requests = new Exposition(release.kubectl("get", "--raw", "/metrics"))
                .sum("apiserver_request_total", labels -> true);
        long nanos = System.nanoTime();
        List<Containers> nodes = new ArrayList<>();
        for (String node : release.nodes()) {
            Exposition used = new Exposition(
                    release.kubectl("get", "--raw", "/api/v1/nodes/" + node + "/proxy/metrics/resource"));
            nodes.add(new Containers(container(used, "node"), container(used, "idle")));
        }
        return new Usage(nanos, requests, nodes);
    }

    private static Container container(Exposition used, String name) {
        return new Container(
                sum(used, "container_cpu_usage_seconds_total", name),
                sum(used, "container_memory_working_set_bytes", name));
    }

    private static double sum(Exposition used, String metric, String name) {
        return used.sum(
                metric,
                labels -> name.equals(labels.get("container"))
                        && Release.NAMESPACE.equals(labels.get("namespace"))
                        && labels.getOrDefault("pod", "").startsWith("tomte-node-"));
    }

    double secondsSince(Usage before) {
        return (nanos - before.nanos) / 1e9;
    }

    /** Seconds, of all nodes together. */
    double cpu() {
        return nodes.stream()
                .mapToDouble(node -> node.agent().cpu() + node.idle().cpu())
                .sum();
    }
}

package dev.tomte.migration.release;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;

/** After a release is taken away: what its hooks have made, and Helm does not know of, goes too. */
public final class Effacing {
    private Effacing() {}

    /** @param args the release's namespace, and the names of its Secrets */
    public static void main(String[] args) {
        if (args.length < 2) {
            System.err.println("usage: Effacing NAMESPACE SECRET...");
            System.exit(2);
        }
        try (KubernetesClient cluster = new KubernetesClientBuilder().build()) {
            for (int i = 1; i < args.length; i++)
                cluster.secrets().inNamespace(args[0]).withName(args[i]).delete();
        }
    }
}

package dev.tomte.images;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What only tests need: a Debian in which users' programs run, and Prometheus.
 *
 * @param mirror null: mmdebstrap's own
 */
record TestImages(Path cache, @Nullable String mirror, String suite, String architecture) {
    /** The Prometheus of Debian 12 and 13 knows no Kubernetes. */
    private static final String PROMETHEUS_SUITE = "forky";

    private static final Map<String, String> ENVIRONMENT =
            Map.of("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG", "C.UTF-8");

    List<Image> all() throws IOException, InterruptedException {
        DebianTree debian = new DebianTree(
                "essential", suite, List.of("bash", "coreutils", "perl", "python3-minimal", "procps"), List.of());
        DebianTree prometheus = new DebianTree(
                "extract",
                PROMETHEUS_SUITE,
                // the links /lib and /lib64, by which programs name their loader
                List.of("base-files", "prometheus"),
                // of what it depends on, only the C library is run
                List.of(
                        "cd \"$1\" && rm -rf usr/share etc/init.d etc/systemd etc/default usr/lib/python3* usr/bin/perl*"));
        return List.of(
                image("debian", debian, List.of("/bin/bash"), ""),
                image("prometheus", prometheus, List.of("/usr/bin/prometheus"), "65532"));
    }

    private Image image(String name, DebianTree tree, List<String> entrypoint, String user)
            throws IOException, InterruptedException {
        String tagged = "localhost/tomte/" + name + ":1";
        Path base = RootArchive.of(tree.tar(cache, mirror), tagged, architecture);
        return new Image(tagged, base, List.of(), entrypoint, ENVIRONMENT, user);
    }
}

package dev.tomte.acceptance.cluster;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** Tests that share the release and a namespace, which is empty before each. */
@OnCluster
abstract class InLab {
    Cluster cluster;
    Lab lab;

    @BeforeAll
    void install(@TempDir Path directory) throws IOException {
        cluster = Cluster.up(directory);
        lab = Lab.made(cluster, directory);
    }

    @AfterEach
    void empty() {
        lab.empty();
    }

    @AfterAll
    void remove() {
        lab.close();
        cluster.close();
    }
}

package dev.tomte.acceptance.cluster;

import dev.tomte.acceptance.Stage;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** Scenarios that are the fleet's too. */
abstract class OnStage extends InLab {
    private LabStage stage;

    @BeforeAll
    void set(@TempDir Path scratch) throws IOException {
        stage = new LabStage(cluster, lab, scratch);
    }

    @AfterAll
    void strike() {
        stage.removeVolume();
    }

    public Stage stage() {
        return stage;
    }
}

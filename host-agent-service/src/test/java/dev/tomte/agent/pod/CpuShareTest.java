package dev.tomte.agent.pod;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpuShareTest {
    @TempDir
    Path cgroup;

    @Test
    void whatTheKernelHasIsUsed() throws Exception {
        for (List<String> file : List.of(
                List.of("cpu.idle", "1", "0"), List.of("cpu.weight", "1", "100"), List.of("cpu.shares", "2", "1024"))) {
            Path here = Files.createDirectory(cgroup.resolve(file.getFirst()));
            Files.createFile(here.resolve(file.getFirst()));
            CpuShare share = new CpuShare(here);
            share.lowest();
            assertEquals(file.get(1), Files.readString(here.resolve(file.getFirst())));
            share.normal();
            // written over what was there
            assertEquals(file.get(2), Files.readString(here.resolve(file.getFirst())));
        }
    }

    @Test
    void withoutAControllerNothingBreaks() {
        new CpuShare(null).lowest();
        new CpuShare(cgroup).lowest();
        new CpuShare(cgroup.resolve("gone")).normal();
    }
}

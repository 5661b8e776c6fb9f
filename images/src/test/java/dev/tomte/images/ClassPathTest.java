package dev.tomte.images;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassPathTest {
    @Test
    void ownJarsAreToldFromOthersAndTheOrderIsKept(@TempDir Path build) throws IOException {
        Files.writeString(
                build.resolve("fleet.classpath"), "/b/fleet-1-SNAPSHOT.jar:/b/kafka-4.jar:/b/linux-1-SNAPSHOT.jar\n");
        ClassPath classPath = ClassPath.of(build, "fleet", "1-SNAPSHOT");
        assertEquals(List.of(Path.of("/b/fleet-1-SNAPSHOT.jar"), Path.of("/b/linux-1-SNAPSHOT.jar")), classPath.own());
        assertEquals(List.of(Path.of("/b/kafka-4.jar")), classPath.others());
        assertEquals(
                "/opt/tomte/lib/fleet-1-SNAPSHOT.jar:/opt/tomte/lib/kafka-4.jar:/opt/tomte/lib/linux-1-SNAPSHOT.jar",
                classPath.inImage());
    }

    @Test
    void aBuildThatIsNotThereIsNamed(@TempDir Path build) {
        assertThrows(ImagesException.class, () -> ClassPath.of(build, "fleet", "1"));
    }
}

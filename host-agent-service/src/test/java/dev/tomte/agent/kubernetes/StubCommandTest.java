package dev.tomte.agent.kubernetes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tomte.agent.kubernetes.StubCommand.ImageStart;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class StubCommandTest {
    private static final ImageStart IMAGE = ContainerImages.read("""
            {"chainID": "x", "imageSpec": {"config": {"Entrypoint": ["/entry", "-q"], "Cmd": ["serve"], "User": "1"}}}
            """);

    private static List<String> command(ImageStart image, String... stub) throws IOException {
        return StubCommand.of(List.of(stub), () -> image);
    }

    @Test
    void aPodsOwnCommandCounts() throws IOException {
        assertEquals(List.of("sh", "-c", "--"), command(IMAGE, "/.tomte/stub", "home", "@s", "--", "sh", "-c", "--"));
    }

    @Test
    void elseItIsTheImages() throws IOException {
        assertEquals(List.of("/entry", "-q", "serve"), command(IMAGE, "stub", "home", "@s", "--image"));
        assertEquals(List.of("/entry", "-q", "test"), command(IMAGE, "stub", "home", "@s", "--image", "test"));
        ImageStart plain = ContainerImages.read("{\"imageSpec\": {\"config\": {\"Cmd\": [\"bash\"]}}}");
        assertEquals(List.of("bash"), command(plain, "stub", "home", "@s", "--image"));
    }

    @Test
    void whatSaysNothingIsNoCommand() {
        assertThrows(IOException.class, () -> command(ContainerImages.read("{}"), "stub", "home", "@s", "--image"));
        assertThrows(IOException.class, () -> command(IMAGE, "nginx"));
        assertThrows(IOException.class, () -> command(IMAGE, "stub", "guest", "@s", "x"));
    }
}

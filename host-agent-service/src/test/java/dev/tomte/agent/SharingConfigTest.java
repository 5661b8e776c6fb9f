package dev.tomte.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.contracts.Availability;
import dev.tomte.idle.Detector;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharingConfigTest {
    private final Properties file = new Properties();

    @Test
    void aDetectorMayBeAProcessOfItsOwn(@TempDir Path directory) throws IOException {
        Path socket = directory.resolve("idle/agent");
        file.setProperty("tomte.detector", socket.toString());
        SharingConfig config = SharingConfig.of(file);
        try (Detector detector =
                config.detection(directory, config::policy, List::<Path>of).begin(why -> {}, now -> {})) {
            assertEquals(Availability.State.UNKNOWN, detector.current().state());
            SocketChannel.open(UnixDomainSocketAddress.of(socket)).close();
        }
    }

    @Test
    void aPlayedOwnerIsNotSeenFromAnotherProcess() {
        file.setProperty("tomte.detector", "/sockets/idle/agent");
        file.setProperty("tomte.owner.played", "/run/owner");
        assertTrue(assertThrows(IllegalArgumentException.class, () -> SharingConfig.of(file))
                .toString()
                .contains("tomte.detector and tomte.owner.played"));
    }
}

package dev.tomte.home.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.FileCalls;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Before anybody serves it. */
@Timeout(60)
class FuseDeviceTest {
    @Test
    @SuppressWarnings("try")
    void itsNumberIsTheOneByWhichItIsAborted() throws Exception {
        FuseDevice.Fresh fresh = FuseDevice.create(2);
        try (FuseDevice device = fresh.device();
                Fd mount = fresh.mount();
                Arena arena = Arena.ofConfined()) {
            Path said =
                    Path.of("/proc/self/fdinfo/" + device.devices().getFirst().value());
            for (String line : Files.readAllLines(said))
                if (line.startsWith("fuse_connection:"))
                    assertEquals(
                            device.number(), Integer.parseInt(line.substring(16).strip()));
            device.abort();
            long buffer = arena.allocate(1 << 18).address();
            for (Fd one : device.devices()) {
                long read = FileCalls.read(one.value(), buffer, 1 << 18);
                while (read == -Errno.EINTR || read > 0) read = FileCalls.read(one.value(), buffer, 1 << 18);
                assertEquals(-Errno.ENODEV, read);
            }
        }
    }
}

package dev.tomte.home;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tomte.home.mount.GuestMount;
import dev.tomte.linux.Fd;
import dev.tomte.linux.OpenAt;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is stored through a mapping is at home once a fence says so. */
@Timeout(60)
class MappedFilesTest {
    private static final int BYTES = 3 * 4096;

    @TempDir
    Path directory;

    @Test
    void theFenceWritesSharedMappingsOut() throws Exception {
        try (HomeFixture fixture = new HomeFixture(directory);
                GuestMount mount = fixture.mount();
                Arena arena = Arena.ofConfined()) {
            Pod.output(fixture.home.run(
                    "sh", "-ec", "cd /home/tomte; umask 0; for f in s p u; do head -c 12288 /dev/zero > $f; done"));
            Process resident = fixture.resident(mount);
            MemorySegment word = arena.allocateFrom("word");
            MemorySegment back = arena.allocate(8);
            List<Integer> pids = List.of((int) ProcessHandle.current().pid());
            try (Fd home = HomeFixture.directory(resident, "/home/tomte");
                    Fd shared = OpenAt.open(home, "s", OpenAt.O_RDWR);
                    Fd privately = OpenAt.open(home, "p", OpenAt.O_RDWR);
                    Fd unlinked = OpenAt.open(home, "u", OpenAt.O_RDWR)) {
                Files.delete(fixture.home.path("/home/tomte/u"));
                long s = Libc.map(shared, BYTES, true);
                long p = Libc.map(privately, BYTES, false);
                long u = Libc.map(unlinked, BYTES, true);
                Libc.copy(s + 4096, word.address(), 4);
                Libc.copy(p + 4096, word.address(), 4);
                Libc.copy(u + 4096, word.address(), 4);
                GuestMount.Fence fence = mount.fence(pids, HomeFixture.SOON);
                assertEquals(2, fence.inodes());
                assertEquals("word", text(fixture.home.path("/home/tomte/s")));
                assertEquals("\0\0\0\0", text(fixture.home.path("/home/tomte/p")));
                Libc.copy(back.address(), p + 4096, 4);
                assertEquals("word", back.getString(0));
                Libc.unmap(s, BYTES);
                Libc.unmap(p, BYTES);
                Libc.unmap(u, BYTES);
                assertEquals(0, mount.fence(pids, HomeFixture.SOON).inodes());
            }
            resident.getOutputStream().close();
            resident.waitFor();
        }
    }

    private static String text(Path file) throws Exception {
        byte[] all = Files.readAllBytes(file);
        assertEquals(BYTES, all.length);
        return new String(all, 4096, 4, StandardCharsets.US_ASCII);
    }
}

package dev.tomte.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryBoundTest {
    private static final List<String> BOTH =
            List.of("12:pids:/a", "5:memory:/kubepods/pod1/c", "0::/kubepods.slice/c.scope");

    @TempDir
    private Path mount = Path.of("");

    private Path cgroup(String path, String max, String current, String dropped) throws IOException {
        Path directory = Files.createDirectories(mount.resolve(path));
        Files.writeString(directory.resolve("memory.max"), max + "\n");
        Files.writeString(directory.resolve("memory.current"), current + "\n");
        Files.writeString(directory.resolve("memory.stat"), "anon 5\ninactive_file " + dropped + "\nslab 1\n");
        return directory;
    }

    @Test
    void theCgroupIsThatOfItsController() {
        assertEquals("/kubepods/pod1/c", MemoryBound.own(BOTH, false));
        assertEquals("/kubepods.slice/c.scope", MemoryBound.own(BOTH, true));
        assertEquals("/", MemoryBound.own(List.of("0::/x"), false));
    }

    @Test
    void theTightestBoundOnTheWayUpCounts() throws IOException {
        cgroup("pods", "1000", "700", "0");
        Path own = cgroup("pods/agent", "max", "300", "0");
        assertEquals(300, new MemoryBound(own, mount, true).leftOnTheWayUp());
        cgroup("pods/agent", "400", "300", "0");
        assertEquals(100, new MemoryBound(own, mount, true).leftOnTheWayUp());
    }

    @Test
    void cachedFilesAreDroppedBeforeAnythingIsKilled() throws IOException {
        Path own = cgroup("agent", "400", "390", "200");
        assertEquals(210, new MemoryBound(own, mount, true).leftOnTheWayUp());
    }

    @Test
    void v1SaysNoBoundByALargeNumber() throws IOException {
        Path own = Files.createDirectories(mount.resolve("agent"));
        Files.writeString(own.resolve("memory.limit_in_bytes"), "9223372036854771712\n");
        assertEquals(Long.MAX_VALUE, new MemoryBound(own, mount, false).leftOnTheWayUp());
        Files.writeString(own.resolve("memory.limit_in_bytes"), "500\n");
        Files.writeString(own.resolve("memory.usage_in_bytes"), "450\n");
        Files.writeString(own.resolve("memory.stat"), "inactive_file 7\ntotal_inactive_file 30\n");
        assertEquals(80, new MemoryBound(own, mount, false).leftOnTheWayUp());
    }

    @Test
    void isReadOfThisProcess() throws IOException {
        assertTrue(MemoryBound.left() > 0);
    }
}

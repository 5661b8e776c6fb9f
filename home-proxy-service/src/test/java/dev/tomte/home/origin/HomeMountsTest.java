package dev.tomte.home.origin;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class HomeMountsTest {
    private static String of(String... mounts) {
        List<String> lines = List.of(mounts).stream()
                .map(mount -> {
                    String[] parts = mount.split("\\|", -1);
                    return "36 35 98:0 / " + parts[0] + " " + parts[1] + ",relatime shared:1 - tmpfs tmpfs " + parts[2];
                })
                .toList();
        return new String(HomeMounts.describe(lines), StandardCharsets.ISO_8859_1);
    }

    @Test
    void onlyWhatDiffersFromWhatItIsMountedOn() {
        assertEquals("", of("/|rw|rw", "/tmp|rw|rw,size=64k"));
        assertEquals("1 /\0" + "0 /tmp\0", of("/|ro|rw", "/tmp|rw|rw", "/etc/hosts|ro|rw"));
        assertEquals("1 /data\0" + "0 /data/in\0", of("/|rw|rw", "/data|rw|ro", "/data/in|rw|rw", "/database|rw|rw"));
        assertEquals("8 /data\0" + "9 /data/in\0", of("/|rw|rw", "/data|rw,noexec|rw", "/data/in|ro,noexec|rw"));
    }

    @Test
    void notWhatTheGuestHasOfItsOwn() {
        assertEquals(
                "8 /dev/shm\0",
                of(
                        "/|rw|rw",
                        "/proc|rw,noexec|rw",
                        "/proc/sys|ro|rw",
                        "/sys|ro|rw",
                        "/dev|rw|ro",
                        "/dev/shm|rw,noexec|rw"));
    }

    @Test
    void notWhatIsHidden() {
        assertEquals("", of("/|rw|rw", "/a|rw|rw", "/a/b|ro|rw", "/a|rw|rw"));
        assertEquals("1 /a\0", of("/|rw|rw", "/a|rw|rw", "/a|ro|rw"));
    }

    @Test
    void pathsWithBlanks() {
        assertEquals("1 /a b\\c\0", of("/|rw|rw", "/a\\040b\\134c|ro|rw"));
    }
}

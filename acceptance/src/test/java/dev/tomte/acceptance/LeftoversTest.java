package dev.tomte.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.tomte.fleet.Slowness;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The last: after {@code down} nothing of the fleet is left, though processes were running and a service had died. */
@Order(Integer.MAX_VALUE)
class LeftoversTest {
    private final Fleet fleet = Fleet.up();

    @Test
    @Timeout(value = 180, unit = TimeUnit.SECONDS)
    @SuppressWarnings("try")
    void downLeavesNothing() throws IOException {
        try (Guest home = Guest.counter(fleet, "ws1", "left-at-home");
                Guest away = Guest.counter(fleet, "ws1", "left-away")) {
            away.migrate("ws2");
            home.progress(1);
            Fleet.tomte("crash", "ws3").expect(0);
            Fleet.down();
        }
        assertEquals("", Fleet.tomte("leftovers").expect(0).out());
        assertFalse(Files.exists(Fleet.run()));
        assertFalse(Files.exists(Fleet.state()));
        String mine = "tomte-" + Fleet.name() + "-";
        assertFalse(Shell.run(Slowness.limit(Duration.ofSeconds(10)), Map.of(), List.of("ip", "netns", "list"))
                .out()
                .contains(mine));
        assertFalse(Files.readString(Path.of("/proc/self/mountinfo")).contains("/" + Fleet.name() + "/hosts/"));
        assertEquals(List.of(), processes());
        for (String hierarchy : List.of("/sys/fs/cgroup", "/sys/fs/cgroup/unified"))
            assertFalse(Files.exists(Path.of(hierarchy, "tomte", Fleet.name())));
    }

    private static List<String> processes() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc"))) {
            return all.map(process -> {
                        try {
                            return process.getFileName() + " "
                                    + Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1);
                        } catch (IOException e) {
                            return "";
                        }
                    })
                    .filter(line -> line.contains(Fleet.run() + "/") || line.contains(Fleet.state() + "/"))
                    .toList();
        }
    }
}

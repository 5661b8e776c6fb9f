package dev.tomte.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.home.mount.GuestMount;
import dev.tomte.home.origin.Admission;
import dev.tomte.home.origin.HomePod;
import dev.tomte.home.origin.Homes;
import dev.tomte.home.origin.OriginServer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.management.JMException;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * A guest may walk through more files than home remembers for it, and one home may have many guests: with bounded memory
 * and descriptors. Origin and guests are in this JVM.
 */
@Timeout(120)
class ManyFilesTest {
    private static final int KNOWN = 1000;
    private static final int DIRECTORIES = 2000;
    private static final int FILES_IN_EACH = 1000;
    private static final int GUESTS = 50;
    private static final int FILES_OF_A_GUEST = 500;

    /** What a session may have open at home for itself: paths (1,024), and some for its connections. */
    private static final int DESCRIPTORS_OF_ONE = 1024 + 50;

    /** Files that a session remembers at most, with a quarter more: see the origin's limits. */
    private static final int NODES = (1 << 16) * 5 / 4;

    /** See the origin's limits; and of each guest's connections and of its mount, at both ends. */
    private static final int DESCRIPTORS_OF_MANY = 14_000 + GUESTS * 50;

    /** A session's nodes (65,536 and a quarter, of some 500 bytes), names and answers, and a JVM that is not small. */
    private static final long HEAP_OF_ONE = 120L << 20;

    /** Of some thousand files that it knows, with the buffers of its connections. */
    private static final long HEAP_OF_A_SMALL_GUEST = 4L << 20;

    private static final String WALK = """
            import os, sys
            files = size = 0
            for directory, _, names in os.walk('/home/tomte/many'):
                for name in names:
                    files += 1
                    size += os.lstat(directory + '/' + name).st_size
            print(files, size)
            """;

    @TempDir
    Path directory;

    private static int descriptors() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return (int) all.count();
        }
    }

    /** Of what is left after a collection. */
    private static long heap() {
        System.gc();
        MemoryUsage usage = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        return usage.getUsed();
    }

    @Test
    void theGuestForgetsWhatItDoesNotUse() throws Exception {
        try (HomeFixture fixture = new HomeFixture(directory)) {
            int port = fixture.origin.port();
            fixture.origin.close();
            fixture.origin = fixture.startOrigin(port, KNOWN);
            try (GuestMount mount = fixture.mount()) {
                Pod.output(
                        fixture.home.run(
                                "sh",
                                "-ec",
                                "cd /home/tomte; for d in $(seq 40); do mkdir d$d d$d/e; seq -f d$d/%g 150 | xargs touch; done"));
                Process held = fixture.guest.runIn(
                        mount.namespace(),
                        "sh",
                        "-ec",
                        "cd /home/tomte/d1/e; exec 3>>../kept; echo ready; read go; echo x >&3; pwd; cat ../kept");
                assertEquals('r', held.getInputStream().read());
                // each of them three times the number of files that home knows; listed, and found by name
                for (int i = 0; i < 3; i++)
                    assertEquals(
                            "6081\n6080\n",
                            Pod.output(fixture.guest.runIn(
                                    mount.namespace(),
                                    "sh",
                                    "-ec",
                                    "cd /home/tomte; find . -mindepth 1 | wc -l;"
                                            + " find . -mindepth 1 ! -name kept | xargs stat -c %h 2>&1 | wc -l")));
                held.getOutputStream().write('\n');
                held.getOutputStream().close();
                assertEquals("eady\n/home/tomte/d1/e\nx\n", Pod.output(held));
            }
        }
    }

    /** How many objects of a class of the origin's there are. */
    private static long instances(String type) throws JMException {
        String histogram = (String) ManagementFactory.getPlatformMBeanServer()
                .invoke(
                        new ObjectName("com.sun.management:type=DiagnosticCommand"),
                        "gcClassHistogram",
                        new Object[] {new String[0]},
                        new String[] {String[].class.getName()});
        return histogram
                .lines()
                .map(line -> line.strip().split("\\s+", -1))
                .filter(words -> words.length > 3 && words[3].equals("dev.tomte.home.origin." + type))
                .mapToLong(words -> Long.parseLong(words[1]))
                .sum();
    }

    private static void make(HomeFixture fixture, int directories, int files) throws IOException {
        String program = """
                import os, sys
                os.mkdir('/home/tomte/many'); os.chdir('/home/tomte/many')
                if os.system('mount -t tmpfs -o size=2g,nr_inodes=4m many .'): sys.exit(1)
                os.chdir('/home/tomte/many')
                for d in range(int(sys.argv[1])):
                    os.mkdir('d%d' % d)
                    for f in range(int(sys.argv[2])):
                        os.close(os.open('d%d/f%d' % (d, f), os.O_CREAT | os.O_WRONLY))
                """;
        output(fixture.home.runAsRoot(
                "/usr/bin/python3", "-c", program, Integer.toString(directories), Integer.toString(files)));
    }

    /** However long it takes. */
    private static String output(Process process) throws IOException {
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.onExit().join().exitValue(), text);
        return text;
    }

    @Test
    @Timeout(1800)
    @EnabledIfSystemProperty(named = "tomte.long", matches = "true", disabledReason = "takes minutes: --long")
    void twoMillionFilesThroughOneMount() throws Exception {
        try (HomeFixture fixture = new HomeFixture(directory)) {
            make(fixture, DIRECTORIES, FILES_IN_EACH);
            try (GuestMount mount = fixture.mount()) {
                int descriptors = descriptors();
                long heap = heap();
                for (int walk = 0; walk < 2; walk++) {
                    long begun = System.nanoTime();
                    assertEquals(
                            DIRECTORIES * FILES_IN_EACH + " 0\n",
                            output(fixture.guest.runIn(mount.namespace(), "/usr/bin/python3", "-c", WALK)));
                    long seconds = (System.nanoTime() - begun) / 1_000_000_000;
                    int more = descriptors() - descriptors;
                    long grown = heap() - heap;
                    long nodes = instances("Node");
                    System.out.printf(
                            "walk %d: %d s, %d nodes, %d descriptors and %d MiB more%n",
                            walk, seconds, nodes, more, grown >> 20);
                    assertTrue(nodes > 10_000 && nodes <= NODES, nodes + " nodes");
                    assertTrue(more <= DESCRIPTORS_OF_ONE, more + " descriptors more");
                    assertTrue(grown <= HEAP_OF_ONE, grown + " bytes more");
                }
            }
        }
    }

    @Test
    @Timeout(1800)
    @EnabledIfSystemProperty(named = "tomte.long", matches = "true", disabledReason = "takes minutes: --long")
    void fiftyGuestsOfOneHost() throws Exception {
        try (HomeFixture fixture = new HomeFixture(directory)) {
            make(fixture, 10, FILES_OF_A_GUEST / 10);
            Homes homes = new Homes() {
                @Override
                public Optional<HomePod> find(String process, String incarnation) {
                    return Optional.of(new HomePod(fixture.home.stubPid(), 1000, 1000, List.of(), fixture.homeKeeper));
                }

                @Override
                public Admission admit(String process, String incarnation, long wanted, String who) {
                    return Admission.CURRENT;
                }
            };
            InetSocketAddress here = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
            try (OriginServer origin = OriginServer.start(
                    new OriginServer.Config(here, fixture.tls("ws1"), directory.resolve("state50")), homes)) {
                guests(fixture, origin);
            }
        }
    }

    private static void guests(HomeFixture fixture, OriginServer origin) throws IOException {
        int descriptors = descriptors();
        long heap = heap();
        List<GuestMount> mounts = new ArrayList<>();
        List<Process> walkers = new ArrayList<>();
        try {
            for (int guest = 0; guest < GUESTS; guest++)
                mounts.add(GuestMount.open(
                        new GuestMount.Config(
                                "p-many" + guest,
                                HomeFixture.INCARNATION,
                                1,
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), origin.port()),
                                "ws1",
                                fixture.tls(HomeFixture.HOLDER),
                                fixture.guest.stubPid(),
                                fixture.guestKeeper),
                        HomeFixture.SOON));
            long begun = System.nanoTime();
            // all at once
            for (GuestMount mount : mounts)
                walkers.add(fixture.guest.runIn(mount.namespace(), "/usr/bin/python3", "-c", WALK));
            for (Process walker : walkers) assertEquals(FILES_OF_A_GUEST + " 0\n", output(walker));
            long millis = (System.nanoTime() - begun) / 1_000_000;
            int more = descriptors() - descriptors;
            long grown = heap() - heap;
            System.out.printf(
                    "%d guests: %d ms for all, %d descriptors and %d MiB more%n", GUESTS, millis, more, grown >> 20);
            assertTrue(more <= DESCRIPTORS_OF_MANY, more + " descriptors more");
            assertTrue(grown <= GUESTS * HEAP_OF_A_SMALL_GUEST, grown + " bytes more");
        } finally {
            walkers.forEach(Process::destroyForcibly);
            for (GuestMount mount : mounts) mount.close();
        }
        // what the guests had has gone with them: sessions end when their mounts have
        int left = Integer.MAX_VALUE;
        for (long end = System.nanoTime() + HomeFixture.SOON.toNanos();
                left > descriptors + GUESTS && System.nanoTime() < end; ) left = descriptors();
        assertTrue(left <= descriptors + GUESTS, left - descriptors + " descriptors are left");
    }
}

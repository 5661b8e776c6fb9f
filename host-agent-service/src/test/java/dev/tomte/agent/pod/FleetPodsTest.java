package dev.tomte.agent.pod;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.contracts.Request.Launch;
import dev.tomte.linux.ProcFs;
import dev.tomte.stub.ProcessStart;
import dev.tomte.stub.StandardStream;
import dev.tomte.stub.Started;
import dev.tomte.stub.StubConnection;
import dev.tomte.stub.StubEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class FleetPodsTest {
    private static Launch launch(int uid, String... command) {
        return new Launch("test", List.of(command), Map.of(), "/home/tomte", uid);
    }

    @Test
    void aHomePodRunsItsProcessWithoutPrivilegeAndIsFoundAgain() throws Exception {
        for (int uid : List.of(1000, 0)) {
            try (TestHost host = new TestHost("ws1")) {
                Pod pod = host.pods().makeHome("p-test", launch(uid, "true"));
                assertTrue(pod.isAlive());
                ProcFs stub = new ProcFs(pod.stubPid());
                assertEquals("0000000000000000", stub.status("CapEff").orElse(""));
                assertEquals("0000000000000000", stub.status("CapBnd").orElse(""));
                assertEquals("1", stub.status("NoNewPrivs").orElse(""));
                CountDownLatch exited = new CountDownLatch(1);
                try (StubConnection line = pod.connect(event -> {
                    if (event instanceof StubEvent.Exited) exited.countDown();
                })) {
                    line.subscribe();
                    String script =
                            "id -u; hostname; pwd; ls /run /root /tmp; touch file /etc/mine 2>&1; ls /dev/.tomte/ctl; exit 7";
                    try (Started started = line.start(new ProcessStart(
                            List.of("sh", "-c", script), Map.of("PATH", "/usr/bin:/bin"), "/home/tomte"))) {
                        pod.tree().add(started.hostPid());
                    }
                    line.go();
                    assertTrue(exited.await(20, TimeUnit.SECONDS));
                    assertEquals(7, line.exit().orElseThrow().code());
                    assertEquals(List.of(pod), host.pods().find());
                    line.acknowledge(line.exit().orElseThrow());
                }
                for (int i = 0; pod.isAlive() && i < 2000; i++) Thread.sleep(5);
                assertFalse(pod.isAlive());
                String log = Files.readString(
                        host.pods().log("p-test", StandardStream.OUT).orElseThrow());
                assertTrue(log.startsWith(uid + "\nws1\n/home/tomte\n"), log);
                assertTrue(Files.exists(host.root().resolve(uid == 0 ? "etc/mine" : "home/tomte/file")));
                assertThrows(IOException.class, () -> pod.connect(event -> {}));
                assertEquals(List.of(pod), host.pods().find());
                host.pods().remove(pod);
                assertEquals(List.of(), host.pods().find());
                host.pods().remove(pod);
            }
        }
    }

    @Test
    void aPreferredDirectoryIsHadIfTheUserMayEnterIt() throws Exception {
        try (TestHost host = new TestHost("ws1")) {
            Path top = Files.createDirectory(host.root().resolve("preferred"));
            for (String mode : List.of("rwx--x--x", "rwx------")) {
                Path made = Files.createDirectories(top.resolve(mode + "/below"));
                Files.setPosixFilePermissions(made.getParent(), PosixFilePermissions.fromString(mode));
            }
            Files.createFile(top.resolve("file"));
            Files.createSymbolicLink(top.resolve("link"), Path.of("/preferred/rwx--x--x"));
            Files.createSymbolicLink(top.resolve("out"), Path.of("../../../../../../tmp"));
            for (String had :
                    List.of("/preferred/rwx--x--x", "/preferred/rwx--x--x/below", "/preferred/link", "/preferred/out"))
                assertEquals(had, directory(host, 1000, had));
            for (String not : List.of(
                    "/preferred/rwx------",
                    "/preferred/rwx------/below",
                    "/preferred/file",
                    "/preferred/none",
                    // hidden: there are others' files
                    "/var/lib/tomte/tools",
                    host.directory().toString())) assertEquals("/home/tomte", directory(host, 1000, not));
            assertEquals("/preferred/rwx------/below", directory(host, 0, "/preferred/rwx------/below"));
        }
    }

    /** Where a process starts that would rather start there. */
    private static String directory(TestHost host, int uid, String preferred) throws IOException {
        Launch launch = new Launch(
                "test",
                "default",
                List.of("true"),
                Map.of(),
                "/home/tomte",
                uid,
                true,
                Launch.Begins.HOME,
                Launch.Streams.LOG,
                preferred);
        Pod pod = host.pods().makeHome("p-test", launch);
        assertEquals(List.of(pod), host.pods().find(), "what is written down is what was decided");
        Launch settled = pod.record().launch();
        assertNull(settled.preferredCwd());
        host.pods().remove(pod);
        return settled.cwd();
    }

    @Test
    void aPodIsMountedAsAContainerIs() throws Exception {
        try (TestHost host = new TestHost("ws1")) {
            Map<String, List<String>> home = mounts(host.pods().makeHome("p-home", launch(1000, "true")));
            Map<String, List<String>> guest =
                    mounts(host.pods().makeGuest("p-guest", "h-elsewhere", launch(1000, "true"), 0));
            assertEquals(home.keySet(), guest.keySet());
            for (Map<String, List<String>> pod : List.of(home, guest)) {
                assertMounted(pod, "/proc", "rw", "nosuid", "nodev", "noexec");
                assertMounted(pod, "/proc/sys", "ro", "nosuid", "nodev", "noexec");
                assertMounted(pod, "/dev", "rw", "nosuid");
                assertMounted(pod, "/dev/shm", "rw", "nosuid", "nodev");
                assertMounted(pod, "/dev/.tomte/tools", "ro");
                assertMounted(pod, "/dev/.tomte/ctl", "rw");
                for (String hidden : List.of("/var/lib/tomte", "/root", "/run", "/tmp"))
                    assertMounted(pod, hidden, "rw", "nosuid", "nodev");
            }
            assertMounted(home, "/", "rw");
            assertMounted(guest, "/", "ro");
        }
    }

    private static void assertMounted(Map<String, List<String>> pod, String at, String... options) {
        List<String> found = pod.getOrDefault(at, List.of());
        assertTrue(found.containsAll(List.of(options)), at + " is mounted with " + found);
    }

    /** A pod's mounts by where they are, each with its options; none propagates. */
    private static Map<String, List<String>> mounts(Pod pod) throws IOException {
        Map<String, List<String>> all = new TreeMap<>();
        for (String line : Files.readAllLines(Path.of("/proc/" + pod.stubPid() + "/mountinfo"))) {
            String[] fields = line.split(" ", -1);
            assertEquals("-", fields[6], "it propagates: " + line);
            all.put(fields[4], List.of(fields[5].split(",", -1)));
        }
        return all;
    }

    @Test
    void aStubHasNoGroupsAndNothingOfTheAgentsEnvironment() throws Exception {
        try (TestHost host = new TestHost("ws1")) {
            Pod pod = host.pods().makeHome("p-test", launch(1000, "true"));
            ProcFs stub = new ProcFs(pod.stubPid());
            for (String of : List.of("Uid", "Gid"))
                assertEquals("1000\t1000\t1000\t1000", stub.status(of).orElse(""));
            assertEquals("", stub.status("Groups").orElse("").strip());
            for (String set : List.of("CapInh", "CapPrm", "CapAmb"))
                assertEquals("0000000000000000", stub.status(set).orElse(""), set);
            assertEquals(
                    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\0",
                    Files.readString(Path.of("/proc/" + pod.stubPid() + "/environ")));
            assertEquals(List.of(pod.stubPid()), pod.cgroup().child("stub").processes());
        }
    }

    @Test
    void aPodThatCannotStartSaysWhyAndLeavesNothing() throws Exception {
        try (TestHost host = new TestHost("ws1")) {
            FleetHost good = host.host();
            FleetPods broken = new FleetPods(new FleetHost(
                    "ws1",
                    good.root().resolve("nowhere"),
                    good.run(),
                    good.logs(),
                    good.tools(),
                    good.cgroup(),
                    good.guestMemory(),
                    good.hidden()));
            IOException why = assertThrows(IOException.class, () -> broken.makeHome("p-test", launch(1000, "true")));
            assertTrue(String.valueOf(why.getMessage()).contains("nowhere"), why.getMessage());
            assertEquals(List.of(), broken.find());
        }
    }

    @Test
    void removingAGuestPodEndsWhatIsInIt() throws Exception {
        try (TestHost host = new TestHost("ws2")) {
            Pod pod = host.pods().makeGuest("p-test", "h-elsewhere", launch(1000, "true"), 0);
            assertTrue(pod.isAlive());
            assertFalse(pod.isHome());
            assertEquals(List.of(pod.cgroup().directory(), pod.tools().directory()), pod.cgroups());
            host.pods().remove(pod);
            assertFalse(pod.isAlive());
            assertFalse(pod.cgroup().exists());
        }
    }
}

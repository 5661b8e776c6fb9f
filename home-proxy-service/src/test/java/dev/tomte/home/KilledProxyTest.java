package dev.tomte.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.home.mount.GuestMount;
import dev.tomte.linux.Fd;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** kill -9 of either proxy, while a process works: it notices a pause and nothing else. */
@Timeout(120)
class KilledProxyTest {
    private static final int NUMBERS = 600;

    /** Appends through one handle and through many, and makes, moves and removes directories: each exactly once. */
    private static final String WRITER = """
            cd /home/tomte
            exec 3>>kept-open
            exec 4>unlinked
            rm unlinked
            echo begun
            i=0
            while [ $i -lt $1 ]; do
                i=$((i+1))
                echo $i >&3
                echo $i >> opened-anew
                if [ $((i % 30)) = 0 ]; then
                    mkdir d$i
                    mv d$i e$i
                    echo x > e$i/f
                    ln e$i/f e$i/g
                    rm e$i/f e$i/g
                    rmdir e$i
                    echo $i >&4
                fi
            done
            echo done
            """;

    @TempDir
    Path directory;

    HomeFixture fixture;
    int port;

    @BeforeEach
    void start() throws Exception {
        fixture = new HomeFixture(directory);
        port = fixture.origin.port();
    }

    @AfterEach
    void stop() throws Exception {
        fixture.close();
    }

    private ChildJvm origin() throws IOException {
        return ChildJvm.start(
                OriginMain.class,
                fixture.homeKeeper,
                Integer.toString(port),
                fixture.tls("ws1").toString(),
                directory.resolve("state").toString(),
                Integer.toString(fixture.home.stubPid()));
    }

    private ChildJvm mount(String how) throws IOException {
        return ChildJvm.start(
                MountMain.class,
                fixture.guestKeeper,
                how,
                Integer.toString(port),
                fixture.tls(HomeFixture.HOLDER).toString(),
                Integer.toString(fixture.guest.stubPid()));
    }

    private Process writer(Fd namespace) throws IOException {
        Process writer = fixture.guest.runIn(namespace, "sh", "-ec", WRITER, "sh", Integer.toString(NUMBERS));
        assertEquals('b', writer.getInputStream().read());
        return writer;
    }

    /** Waits until the writer has come so far. */
    private void until(int number, Process writer) throws Exception {
        Path file = fixture.home.path("/home/tomte/kept-open");
        while (writer.isAlive()
                && (!Files.exists(file) || Files.readAllLines(file).size() < number)) Thread.sleep(5);
    }

    private void check(Process writer) throws IOException {
        assertEquals("egun\ndone\n", Pod.output(writer));
        List<String> expected =
                IntStream.rangeClosed(1, NUMBERS).mapToObj(Integer::toString).toList();
        for (String name : List.of("kept-open", "opened-anew"))
            assertEquals(expected, Files.readAllLines(fixture.home.path("/home/tomte/" + name)), name);
        try (var left = Files.list(fixture.home.path("/home/tomte"))) {
            assertEquals(
                    "kept-open opened-anew",
                    left.map(file -> file.getFileName().toString()).sorted().collect(Collectors.joining(" ")));
        }
    }

    @Test
    void theOriginIsKilled() throws Exception {
        fixture.origin.close();
        ChildJvm origin = origin();
        try (GuestMount mount = fixture.mount(port)) {
            Process writer = writer(mount.namespace());
            for (int kill = 1; kill <= 3; kill++) {
                until(NUMBERS * kill / 4, writer);
                origin.kill();
                origin = origin();
            }
            check(writer);
        }
        origin.kill();
    }

    @Test
    void thePumpIsKilled() throws Exception {
        ChildJvm mount = mount("open");
        String key = fixture.guestKeeper.keys("mount/").getFirst();
        Fd namespace = fixture.guestKeeper.take(key).get(2);
        Process writer = writer(namespace);
        for (int kill = 1; kill <= 3; kill++) {
            until(NUMBERS * kill / 4, writer);
            mount.kill();
            mount = mount("resume");
        }
        check(writer);
        mount.kill();
        namespace.close();
        // this JVM takes it up in order to end it
        GuestMount last = GuestMount.resume(fixture.config(1)).orElseThrow();
        last.close();
        assertEquals(List.of(), fixture.guestKeeper.keys(""));
    }

    @Test
    void whoWaitsForAHomeThatIsGoneCanBeKilled() throws Exception {
        fixture.origin.close();
        ChildJvm origin = origin();
        try (GuestMount mount = fixture.mount(port)) {
            Process busy = fixture.guest.runIn(
                    mount.namespace(),
                    "sh",
                    "-c",
                    "exec 3>/tmp/f; echo begun; while :; do echo x >&3; stat /tmp >&3; done");
            assertEquals('b', busy.getInputStream().read());
            origin.kill();
            while (mount.connected()) Thread.sleep(5);
            Process late = fixture.guest.runIn(mount.namespace(), "cat", "/home/tomte/nothing");
            assertTrue(late.isAlive());
            busy.destroyForcibly();
            late.destroyForcibly();
            assertTrue(busy.waitFor(30, TimeUnit.SECONDS), "a file call that waits cannot be killed");
            assertTrue(late.waitFor(30, TimeUnit.SECONDS), "a program that waits cannot be killed");
            origin = origin();
            assertEquals("ok\n", Pod.output(fixture.guest.runIn(mount.namespace(), "echo", "ok")));
        }
        origin.kill();
    }

    /** Where it makes the namespace it asks home, and is itself who brings the answers. */
    @Test
    void whoIsKilledWhileItMakesANamespaceIsGone() throws Exception {
        try (SlowRelay relay = new SlowRelay(port)) {
            ChildJvm mount = ChildJvm.begin(
                    MountMain.class,
                    fixture.guestKeeper,
                    "open",
                    Integer.toString(relay.port()),
                    fixture.tls(HomeFixture.HOLDER).toString(),
                    Integer.toString(fixture.guest.stubPid()));
            try {
                Path maker = thread(mount.process(), "home-namespace");
                while (!waitsForHome(maker)) Thread.sleep(1);
                relay.hold();
                // what had come through is taken in meanwhile: then it waits for what will not come
                Thread.sleep(10 * SlowRelay.DELAY);
                assertTrue(waitsForHome(maker), "it does not wait for home");
            } finally {
                mount.process().destroyForcibly();
            }
            assertTrue(mount.process().waitFor(30, TimeUnit.SECONDS), "it cannot be killed");
        }
    }

    /** In the kernel: for the answer to a request that has been read (fs/fuse/dev.c). */
    private static boolean waitsForHome(Path thread) throws IOException {
        return Files.readString(thread.resolve("wchan")).equals("request_wait_answer");
    }

    /** Waits until there is a thread of that name. */
    private static Path thread(Process process, String name) throws IOException, InterruptedException {
        Path threads = Path.of("/proc/" + process.pid() + "/task");
        while (process.isAlive()) {
            try (DirectoryStream<Path> all = Files.newDirectoryStream(threads)) {
                for (Path thread : all)
                    if (Files.readString(thread.resolve("comm")).startsWith(name)) return thread;
            } catch (NoSuchFileException | DirectoryIteratorException e) {
                // one has ended meanwhile
            }
            Thread.sleep(1);
        }
        throw new IOException("it has ended with " + process.exitValue());
    }
}

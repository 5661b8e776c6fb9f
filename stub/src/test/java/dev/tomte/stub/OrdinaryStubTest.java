package dev.tomte.stub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.linux.Errno;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A stub that was given a command of its own, as in a pod that a cluster makes. */
@Timeout(120)
class OrdinaryStubTest {
    @TempDir
    Path directory;

    private record Ordinary(Process unshare, int stubPid) implements AutoCloseable {
        StubConnection connect(BlockingQueue<StubEvent> events) throws Exception {
            StubSocket socket = new StubSocket.Named(stubPid, "tomte-test");
            for (int i = 0; ; i++) {
                try {
                    return StubConnection.open(socket, stubPid, Duration.ofSeconds(10), events::add);
                } catch (IOException e) {
                    if (i == 200) throw e;
                    Thread.sleep(20);
                }
            }
        }

        void terminate() {
            ProcessHandle.of(stubPid).orElseThrow().destroy();
        }

        int end() throws InterruptedException {
            return unshare.waitFor();
        }

        @Override
        public void close() {
            unshare.destroyForcibly().onExit().join();
        }
    }

    private Ordinary start(String... command) throws IOException, InterruptedException {
        List<String> all =
                new ArrayList<>(List.of("unshare", "--pid", "--net", "--mount-proc", "--fork", "--kill-child"));
        all.addAll(List.of(Path.of("build/stub").toAbsolutePath().toString(), "home", "@tomte-test", "--"));
        all.addAll(List.of(command));
        ProcessBuilder builder = new ProcessBuilder(all);
        builder.environment().put("GREETING", "hello");
        builder.directory(directory.toFile());
        Process unshare = builder.redirectOutput(directory.resolve("out").toFile())
                .redirectError(directory.resolve("err").toFile())
                .start();
        Path children = Path.of("/proc/" + unshare.pid() + "/task/" + unshare.pid() + "/children");
        while (Files.readString(children).isBlank()) Thread.sleep(5);
        return new Ordinary(unshare, Integer.parseInt(Files.readString(children).strip()));
    }

    private String out() throws IOException {
        return Files.readString(directory.resolve("out"));
    }

    @Test
    void anAgentStartsItWithThePodsOwnEnvironmentAndDirectory() throws Exception {
        try (Ordinary pod = start("sh", "-c", "ignored")) {
            BlockingQueue<StubEvent> events = new LinkedBlockingQueue<>();
            try (StubConnection stub = pod.connect(events)) {
                stub.subscribe();
                stub.setFirst("h-1", "node-a");
                stub.start(new ProcessStart(List.of("sh", "-c", "echo $GREETING; pwd; exit 3"), Map.of(), "."))
                        .close();
                stub.go();
                StubEvent exited = events.poll(30, TimeUnit.SECONDS);
                stub.acknowledge(
                        assertInstanceOf(StubEvent.Exited.class, exited).exit());
            }
            assertEquals(3, pod.end());
            assertEquals("hello\n" + directory + "\n", out());
        }
    }

    @Test
    void withoutAnAgentItStartsItselfAndEndsWithItsStatus() throws Exception {
        try (Ordinary pod = start("sh", "-c", "echo $GREETING alone; exit 5")) {
            assertEquals(5, pod.end());
            assertEquals("hello alone\n", out());
        }
    }

    @Test
    void oneThatRunsAloneGetsItsPodsSignalsAndIsNeverHeldByAnybody() throws Exception {
        try (Ordinary pod = start("sh", "-c", "trap 'echo asked; exit 7' TERM; echo up; while :; do sleep 0.1; done")) {
            while (!out().contains("up")) Thread.sleep(50);
            try (StubConnection stub = pod.connect(new LinkedBlockingQueue<>())) {
                assertEquals(
                        Errno.EPERM,
                        assertThrows(Errno.class, () -> stub.setFirst("h-1", "node-a"))
                                .code());
            }
            pod.terminate();
            assertEquals(7, pod.end());
            assertTrue(out().contains("asked"));
        }
    }

    @Test
    void askedToEndBeforeItHasBegunItEnds() throws Exception {
        try (Ordinary pod = start("sleep", "100")) {
            pod.connect(new LinkedBlockingQueue<>()).close();
            pod.terminate();
            assertEquals(128 + 15, pod.end());
        }
    }

    @Test
    void oneWhoseAgentDiedBeforeItLetItGoRunsAloneToo() throws Exception {
        try (Ordinary pod = start("sh", "-c", "ignored")) {
            try (StubConnection stub = pod.connect(new LinkedBlockingQueue<>())) {
                stub.setFirst("h-1", "node-a");
                stub.start(new ProcessStart(List.of("sh", "-c", "echo up; exec sleep 1000"), Map.of(), "."))
                        .close();
            }
            while (!out().contains("up")) Thread.sleep(50);
            // nobody has placed it: it must never be taken for one that can be frozen
            try (StubConnection stub = pod.connect(new LinkedBlockingQueue<>())) {
                assertTrue(stub.register().isEmpty());
                assertEquals(
                        Errno.EPERM,
                        assertThrows(Errno.class, () -> stub.setFirst("h-1", "node-a"))
                                .code());
            }
        }
    }

    @Test
    void anExitThatNoAgentTakesEndsThePod() throws Exception {
        try (Ordinary pod = start("sh", "-c", "ignored")) {
            try (StubConnection stub = pod.connect(new LinkedBlockingQueue<>())) {
                stub.setFirst("h-1", "node-a");
                stub.start(new ProcessStart(List.of("sh", "-c", "exit 4"), Map.of(), "."))
                        .close();
                stub.go();
            }
            assertEquals(4, pod.end());
        }
    }

    /** A file's set-user-id bit and capabilities give nothing in a pod, at home or away: without a stub they do. */
    @Test
    void noProgramGivesMoreRightsThanItsCallerHas() throws Exception {
        String make = """
                import os, shutil, struct
                shutil.copy('/usr/bin/id', 'id'); os.chmod('id', 0o6755)
                shutil.copy('/bin/cat', 'cat'); os.chmod('cat', 0o755)
                # version 2, effective: CAP_DAC_OVERRIDE (linux/capability.h)
                os.setxattr('cat', 'security.capability', struct.pack('<IIIII', 0x02000001, 1 << 1, 0, 0, 0))
                os.chmod('.', 0o755)
                """;
        assertEquals(0, run("/usr/bin/python3", "-c", make).waitFor());
        String look = "./id -u; ./id -g; ./cat /proc/self/status | grep CapEff";
        List<String> asUser = List.of("setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", "sh", "-c", look);
        assertEquals(0, run(asUser.toArray(String[]::new)).waitFor());
        assertEquals("0\n0\nCapEff:\t0000000000000002\n", out());
        try (Ordinary pod = start(asUser.toArray(String[]::new))) {
            assertEquals(0, pod.end());
        }
        assertEquals("1000\n1000\nCapEff:\t0000000000000000\n", out());
    }

    private Process run(String... command) throws IOException {
        return new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectOutput(directory.resolve("out").toFile())
                .redirectError(directory.resolve("err").toFile())
                .start();
    }
}

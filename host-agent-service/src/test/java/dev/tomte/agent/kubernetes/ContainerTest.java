package dev.tomte.agent.kubernetes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tomte.agent.criu.CriuTool;
import dev.tomte.agent.criu.Place;
import dev.tomte.agent.locks.HomeLocks;
import dev.tomte.agent.locks.KeptHere;
import dev.tomte.agent.locks.Locks;
import dev.tomte.agent.pod.Pod;
import dev.tomte.agent.pod.StubLine;
import dev.tomte.agent.pod.TestHost;
import dev.tomte.agent.tree.HomeFiles;
import dev.tomte.agent.tree.PodTree;
import dev.tomte.agent.tree.Restored;
import dev.tomte.agent.tree.Tree;
import dev.tomte.linux.ProcFs;
import dev.tomte.stub.ProcessStart;
import dev.tomte.stub.Started;
import dev.tomte.stub.StubConnection;
import dev.tomte.stub.StubKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Containers whose cgroup is of version 2, with a namespace of cgroups each, as a cluster's nodes have them. */
@Timeout(120)
class ContainerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int MIB = 1 << 20;
    private static final int MEMORY_MIB = 48;
    /** Room for the process, and not for the images of it too. */
    private static final int BOUND_MIB = 80;

    private static final String BIG = """
            import os, time
            kept = os.urandom(%d << 20)
            while True:
                open('/home/tomte/beat', 'w').close()
                time.sleep(0.02)
            """.formatted(MEMORY_MIB);

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final KeptHere keeper = new KeptHere();
    private TestHost host;

    @BeforeEach
    void up() throws IOException {
        assumeTrue(Files.isExecutable(TestHost.tools().resolve("criu")), "no criu in " + TestHost.tools());
        host = new TestHost("ws1");
    }

    @AfterEach
    void down() throws IOException {
        if (host != null) host.close();
        threads.shutdownNow();
        keeper.close();
    }

    private TestContainer container(char digit, StubKind kind) throws Exception {
        return new TestContainer(host, Character.toString(digit).repeat(64), kind);
    }

    @Test
    void itIsFoundByItsIdAndItsCgroupIsItsOwn() throws Exception {
        try (TestContainer container = container('a', StubKind.HOME)) {
            Container found = Container.find("a".repeat(64)).orElseThrow();
            assertEquals(container.stubPid(), found.pid());
            assertEquals(Optional.of(container.cgroup()), found.unified());
            assertEquals(List.of(), found.charges());
            Pod pod = container.pod();
            assertEquals(List.of(container.cgroup().directory(), pod.dumps().directory()), pod.cgroups());
            assertEquals(Optional.empty(), Container.find("b".repeat(64)));
        }
    }

    private Locks locks(Pod pod) {
        return new HomeLocks(pod.tree(), keeper);
    }

    private StubLine line(Pod pod) {
        return new StubLine(pod, threads, event -> {});
    }

    private static void start(Pod pod, StubLine line) throws IOException {
        ProcessStart start = new ProcessStart(
                List.of("/usr/bin/python3", "-c", BIG), Map.of("PATH", "/usr/bin:/bin"), "/home/tomte");
        try (Started held = line.ask(stub -> stub.start(start))) {
            pod.tree().add(held.hostPid());
        }
        line.tell(StubConnection::go);
    }

    /** What a dump writes is as large as the process: it must not be charged to the container, whose bound it would pass. */
    @Test
    void aTreeMovesBetweenContainersAndItsImagesCountInNeither() throws Exception {
        try (TestContainer source = container('a', StubKind.HOME);
                TestContainer target = container('b', StubKind.HOME)) {
            for (TestContainer container : List.of(source, target)) container.bound((long) BOUND_MIB * MIB);
            Pod home = source.pod();
            Pod guest = target.pod();
            CriuTool criu = new CriuTool(TestHost.tools(), host.host().run().resolve("criu"));
            try (StubLine homeLine = line(home);
                    StubLine guestLine = line(guest)) {
                start(home, homeLine);
                awaitBeat();
                PodTree here = new PodTree(
                        new Place(home, null), homeLine, criu, HomeFiles.AT_HOME, locks(home), within -> {});
                here.freeze(PATIENCE);
                Path images = Files.createDirectory(host.host().run().resolve("images"));
                Tree.Checkpoint checkpoint;
                try (Tree.Dump dump = here.readyDump(images)) {
                    assertTrue(home.dumps().isPopulated());
                    assertFalse(home.tools().isPopulated());
                    dump.write();
                    checkpoint = dump.checkpoint();
                }
                assertTrue(home.awaitToolsEnd(PATIENCE));
                assertTrue(bytes(images) > (long) MEMORY_MIB * MIB);
                Restored there = new Restored(new Place(guest, null), guestLine, criu, locks(guest));
                there.ready(images, checkpoint);
                there.restore();
                here.destroy();
                there.run(checkpoint.rootPid());
                awaitBeat();
                for (TestContainer container : List.of(source, target)) assertEquals(0, container.killedForMemory());
                ProcFs restored = new ProcFs(guest.tree().processes().getFirst());
                assertEquals(new ProcFs(guest.stubPid()).link("ns/cgroup"), restored.link("ns/cgroup"));
            }
        }
    }

    /** Of the one process that runs, wherever that is. */
    private void awaitBeat() throws Exception {
        Path beat = host.root().resolve("home/tomte/beat");
        Files.deleteIfExists(beat);
        while (!Files.exists(beat)) Thread.sleep(5);
    }

    private static long bytes(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.mapToLong(file -> file.toFile().length()).sum();
        }
    }
}

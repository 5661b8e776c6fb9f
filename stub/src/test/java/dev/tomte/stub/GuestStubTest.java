package dev.tomte.stub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.Pipe;
import dev.tomte.linux.UnixSocket;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class GuestStubTest {
    @TempDir
    Path directory;

    private Pod pod;
    private StubConnection stub;

    @BeforeEach
    void begin() throws Exception {
        pod = Pod.start(directory, StubKind.GUEST);
        stub = pod.connect();
    }

    @AfterEach
    void finish() throws Exception {
        pod.close();
    }

    private static void refused(int errno, Executable call) {
        assertEquals(errno, assertThrows(Errno.class, call).code());
    }

    private Exit awaitExit() throws Exception {
        for (int i = 0; i < 4000; i++) {
            Optional<Exit> exit = stub.exit();
            if (exit.isPresent()) return exit.get();
            Thread.sleep(5);
        }
        throw new AssertionError("no exit");
    }

    @Test
    void anAdoptedTreesExitIsKeptUntilAcknowledged() throws Exception {
        int root = Integer.parseInt(pod.shell("(sleep 1000; exit 1) >/dev/null 2>&1 & echo $!"));
        stub.adopt(root);
        assertEquals(Phase.HERE, stub.state().phase());
        pod.shell("kill -9 " + root);
        Exit exit = awaitExit();
        assertEquals(new Exit(root, 9), exit);
        refused(Errno.ESRCH, stub::forget);
        stub.acknowledge(exit);
        assertEquals(Optional.empty(), pod.connect().exit());
        stub.end();
        assertEquals(0, pod.awaitEnd());
    }

    @Test
    void anExitBeforeTheAdoptionIsNotLost() throws Exception {
        int root = Integer.parseInt(pod.shell("(while [ -d /proc/$$ ]; do :; done; exit 5) >/dev/null 2>&1 & echo $!"));
        while (pod.shell("ps -o pid= -p " + root).equals("" + root)) Thread.onSpinWait();
        stub.adopt(root);
        assertEquals(new Exit(root, 5 << 8), awaitExit());
    }

    @Test
    void theDeathOfATreeThatHasLeftIsNoExit() throws Exception {
        int root = Integer.parseInt(pod.shell("sleep 1000 >/dev/null 2>&1 & echo $!"));
        stub.adopt(root);
        stub.forget();
        stub.adopt(root);
        stub.forget();
        pod.shell("kill -9 " + root);
        assertEquals(Optional.empty(), stub.exit());
        refused(Errno.ESRCH, () -> stub.adopt(32000));
        refused(Errno.EPERM, stub::register);
        refused(Errno.EPERM, () -> stub.finish(0));
    }

    @Test
    void bytesAreSeenBeforeTheyAreConsumedAndConsumedOnce() throws Exception {
        try (Streams streams = stub.streams();
                Pipe copy = Pipe.create()) {
            write(streams.pipe(StandardStream.ERR).write(), "abcdefgh");
            for (int i = 0; i < 2; i++) {
                assertEquals(8, Pipe.tee(streams.err().read(), copy.write(), 65536));
                assertEquals("abcdefgh", read(copy.read(), 8));
            }
            assertEquals(3, stub.consume(StandardStream.ERR, 3));
            assertEquals(3, stub.consume(StandardStream.ERR, 3));
            assertEquals(5, Pipe.tee(streams.err().read(), copy.write(), 65536));
            assertEquals("defgh", read(copy.read(), 5));
            assertEquals(8, stub.consume(StandardStream.ERR, 100));
            assertEquals(0, Pipe.tee(streams.err().read(), copy.write(), 65536));
        }
        try (Streams again = stub.streams()) {
            assertEquals(8, again.consumed(StandardStream.ERR));
        }
        stub.resetStreams();
        try (Streams fresh = stub.streams()) {
            assertEquals(0, fresh.consumed(StandardStream.ERR));
        }
    }

    private static void write(Fd fd, String text) throws IOException {
        try (FileOutputStream out = new FileOutputStream(fd.path())) {
            out.write(text.getBytes(UTF_8));
        }
    }

    private static String read(Fd fd, int length) throws IOException {
        try (FileInputStream in = new FileInputStream(fd.path())) {
            return new String(in.readNBytes(length), UTF_8);
        }
    }

    @Test
    void descriptorsAndNotesOutliveTheirAgent() throws Exception {
        try (Pipe pipe = Pipe.create()) {
            stub.keep("fuse", List.of(pipe.read(), pipe.write()));
            stub.keep("fuse", List.of(pipe.read(), pipe.write()));
            stub.keep("other", List.of(pipe.read()));
        }
        stub.note("move", "what I do".getBytes(UTF_8));
        stub.note("gone", new byte[] {1});
        stub.note("gone", new byte[0]);
        stub.close();

        StubConnection next = pod.connect();
        assertEquals(Map.of("fuse", 2, "other", 1), next.kept());
        List<Fd> fds = next.take("fuse");
        write(fds.get(1), "through");
        assertEquals("through", read(fds.get(0), 7));
        fds.forEach(Fd::close);
        next.drop("other");
        next.drop("other");
        refused(Errno.ENOENT, () -> next.take("other"));
        assertEquals(1, next.notes().size());
        assertArrayEquals("what I do".getBytes(UTF_8), next.note("move").orElseThrow());
        assertEquals(Optional.empty(), next.note("gone"));
    }

    @Test
    void memoryIsBounded() throws Exception {
        byte[] big = new byte[StubConnection.MAX_BYTES];
        for (int i = 0; i < 16; i++) stub.note("note-" + i, big);
        refused(Errno.ENOSPC, () -> stub.note("one more", big));
        refused(Errno.ENOSPC, () -> stub.note("note-0", new byte[StubConnection.MAX_BYTES + 1]));
        stub.note("note-0", new byte[0]);
        stub.note("one more", big);
        refused(Errno.EINVAL, () -> stub.note("x".repeat(65), new byte[1]));
        try (Pipe pipe = Pipe.create()) {
            int kept = 0;
            // at 4096 the table is full, unless the stub's limit of open files has been reached before
            Errno full = null;
            while (full == null && kept <= 4096) {
                try {
                    stub.keep("key-" + kept, List.of(pipe.read()));
                    kept++;
                } catch (Errno e) {
                    full = e;
                }
            }
            assertTrue(full != null && kept >= 100, "kept " + kept);
            stub.drop("key-1");
            stub.keep("one more", List.of(pipe.read()));
            assertEquals(kept, stub.kept().size());
        }
    }

    @Test
    void manyConnectionsDoNotShutOutTheNext() throws Exception {
        List<UnixSocket> silent = new ArrayList<>();
        for (int i = 0; i < 40; i++) silent.add(UnixSocket.connect(pod.socket()));
        assertEquals(Phase.EMPTY, pod.connect().state().phase());
        silent.forEach(UnixSocket::close);
    }

    @Test
    void nonsenseDoesNotHarm() throws Exception {
        long seed = Long.getLong("tomte.seed", 20261129);
        System.out.println("nonsenseDoesNotHarm: seed " + seed);
        Random random = new Random(seed);
        byte[] hello = {1, 0, 0, 0, 1, 0, 0, 0, 0x54, 0x4d, 0x54, 0x53, 1, 0};
        for (int i = 0; i < 600; i++) {
            try (UnixSocket socket = UnixSocket.connect(pod.socket())) {
                socket.receiveTimeout(Duration.ofSeconds(20));
                if (random.nextInt(8) > 0) {
                    socket.send(hello, List.of());
                    socket.receive(1000);
                }
                byte[] message = new byte[random.nextInt(random.nextBoolean() ? 40 : 3000)];
                random.nextBytes(message);
                if (message.length > 10) {
                    message[4] = (byte) (1 + random.nextInt(28));
                    message[5] = 0;
                    // not those that end it rightly
                    if (message[4] == Op.END.code) message[4] = (byte) Op.START.code;
                    for (int at = 8; at < message.length && random.nextInt(4) > 0; at++)
                        message[at] = (byte) random.nextInt(3);
                }
                if (message.length > 0) socket.send(message, List.of());
                if (random.nextBoolean() && message.length > 0) socket.receive(200_000);
            } catch (Errno e) {
                assertTrue(e.code() == Errno.EPIPE || e.code() == 104, e.getMessage());
            }
        }
        assertEquals(StubKind.GUEST, pod.connect().state().kind());
    }
}

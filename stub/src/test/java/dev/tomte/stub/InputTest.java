package dev.tomte.stub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** What a process reads from its standard input, at home and at a guest's stub. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class InputTest {
    private static final Map<String, String> ENVIRONMENT = Map.of("PATH", "/usr/bin:/bin");
    private static final FedBytes NONE = new FedBytes(0, new byte[0], false);
    /** What a stub keeps of what is not read. */
    private static final int KEPT = 256 * 1024;

    @TempDir
    Path directory;

    private static FedBytes bytes(long offset, String text) {
        return new FedBytes(offset, text.getBytes(UTF_8), false);
    }

    private static FedBytes last(long offset) {
        return new FedBytes(offset, new byte[0], true);
    }

    private static void refused(int errno, Executable call) {
        assertEquals(errno, assertThrows(Errno.class, call).code());
    }

    private static void start(StubConnection stub, String script) throws IOException {
        stub.start(new ProcessStart(List.of("sh", "-c", script), ENVIRONMENT, "/", true))
                .close();
    }

    private static void awaitConsumed(StubConnection stub, long bytes) throws IOException {
        while (stub.input(NONE).consumed() < bytes) Thread.onSpinWait();
    }

    @Test
    void itReadsEachByteOnceAndThenTheEnd() throws Exception {
        try (Pod pod = Pod.start(directory, StubKind.HOME)) {
            StubConnection stub = pod.connect();
            start(stub, "cat; echo end");
            // it may come before the process runs, twice, and with what is known already
            assertEquals(4, stub.input(bytes(0, "one ")).reached());
            assertEquals(4, stub.input(bytes(0, "one ")).reached());
            assertEquals(8, stub.input(bytes(2, "e two ")).reached());
            refused(Errno.ERANGE, () -> stub.input(bytes(9, "too far")));
            stub.go();
            assertEquals(14, stub.input(bytes(8, "three ")).reached());
            assertTrue(stub.input(last(14)).complete());
            refused(Errno.EPIPE, () -> stub.input(bytes(14, "after the last")));
            while (stub.exit().isEmpty()) Thread.onSpinWait();
            stub.acknowledge(stub.exit().orElseThrow());
            assertEquals(0, pod.awaitEnd());
            assertEquals("one two three end\n", pod.out());
        }
    }

    @Test
    void whatIsNotReadIsBoundedAndRoomComesWithReading() throws Exception {
        byte[] all = new byte[3 * KEPT];
        new Random(1).nextBytes(all);
        try (Pod pod = Pod.start(directory, StubKind.HOME)) {
            StubConnection stub = pod.connect();
            start(stub, "sleep 1000");
            stub.go();
            long reached = 0;
            long before;
            do {
                before = reached;
                reached = stub.input(part(all, reached)).reached();
            } while (reached > before);
            assertEquals(KEPT, reached);
            try (Streams streams = stub.fedStreams()) {
                byte[] read = read(streams, all.length / 2);
                assertArrayEquals(Arrays.copyOf(all, read.length), read);
                assertEquals(read.length, stub.input(NONE).consumed());
                assertEquals(
                        KEPT + StubConnection.MAX_BYTES,
                        stub.input(part(all, reached)).reached());
            }
        }
    }

    private static FedBytes part(byte[] all, long from) {
        return new FedBytes(from, Arrays.copyOfRange(all, (int) from, (int) from + StubConnection.MAX_BYTES), false);
    }

    private static byte[] read(Streams streams, int atMost) throws IOException {
        try (FileInputStream from = new FileInputStream(streamsIn(streams).path())) {
            return from.readNBytes(Math.min(atMost, 64 * 1024));
        }
    }

    @Test
    void whoeverHasItNextBeginsWithWhatItHasNotRead() throws Exception {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
        try (Pod home = Pod.start(Files.createDirectory(directory.resolve("home")), StubKind.HOME);
                Pod guest = Pod.start(Files.createDirectory(directory.resolve("guest")), StubKind.GUEST)) {
            StubConnection at = home.connect();
            start(at, "head -c 3 >/dev/null; exec sleep 1000");
            at.input(bytes(0, "abcdefgh"));
            at.go();
            awaitConsumed(at, 3);
            FedBytes rest = at.inputFrom(0, 0);
            assertEquals(3, rest.offset());
            assertEquals("defgh", new String(rest.bytes(), UTF_8));
            assertFalse(rest.last());
            at.forget();
            assertEquals(3, at.inputFrom(0, 0).offset());

            StubConnection there = guest.connect();
            try (Streams streams = there.fedStreams()) {
                int root = Integer.parseInt(guest.shell("sleep 1000 >/dev/null 2>&1 & echo $!"));
                there.adopt(root);
                assertEquals(new Fed(0, 0, false), there.input(NONE));
                assertEquals(new Fed(3, 8, false), there.input(rest));
                try (FileInputStream in = new FileInputStream(streamsIn(streams).path())) {
                    assertEquals("de", new String(in.readNBytes(2), UTF_8));
                }
                assertEquals(new Fed(5, 8, false), there.input(NONE));
            }
            // the home lets go of what the guest has read, and gives what comes
            assertEquals(5, at.inputFrom(5, 0).offset());
            at.input(bytes(8, "i"));
            at.input(last(9));
            FedBytes next = at.inputFrom(5, 8);
            assertEquals("i", new String(next.bytes(), UTF_8));
            assertTrue(next.last());
            refused(Errno.ERANGE, () -> at.inputFrom(10, 10));
            refused(Errno.EPERM, () -> there.inputFrom(0, 0));

            // and home again: a new pipe has only what is left
            try (Streams streams = at.fedStreams()) {
                int root = Integer.parseInt(home.shell("sleep 1000 >/dev/null 2>&1 & echo $!"));
                at.inputFrom(7, 9);
                at.adopt(root);
                at.input(NONE);
                try (FileInputStream in = new FileInputStream(streamsIn(streams).path())) {
                    assertEquals("hi", new String(in.readAllBytes(), UTF_8));
                }
            }
        }
    }

    private static Fd streamsIn(Streams streams) {
        Fd in = streams.in();
        if (in == null) throw new AssertionError("it is not fed");
        return in;
    }

    @Test
    void whoIsNotFedReadsNothing() throws Exception {
        try (Pod pod = Pod.start(directory, StubKind.HOME)) {
            StubConnection stub = pod.connect();
            stub.start(new ProcessStart(List.of("cat"), ENVIRONMENT, "/")).close();
            refused(Errno.ENOENT, stub::fedStreams);
            stub.go();
            while (stub.exit().isEmpty()) Thread.onSpinWait();
            assertEquals(0, stub.exit().orElseThrow().code());
        }
    }
}

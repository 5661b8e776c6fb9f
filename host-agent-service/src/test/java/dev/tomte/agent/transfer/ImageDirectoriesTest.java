package dev.tomte.agent.transfer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tomte.agent.move.Images;
import dev.tomte.agent.move.Target;
import dev.tomte.agent.tree.Tree;
import dev.tomte.contracts.Command.MovePlan;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class ImageDirectoriesTest {
    private static final int PIECE = 256 << 10;
    private static final MovePlan PLAN = new MovePlan(
            "m-1", "p-1", "pod-1", 1, "ws1", "ws1", "ws2", "", "", "", "token", Instant.parse("2100-01-01T00:00:00Z"));

    @TempDir
    Path parent;

    private ImageDirectories images;
    private final Received received = new Received();

    @BeforeEach
    void make() throws IOException {
        images = new ImageDirectories(parent.resolve("images"));
    }

    private Images.Sent send(Tree tree, Target.Transfer to) throws IOException {
        try (Images.Leaving leaving = images.leave(PLAN, tree)) {
            return leaving.send(to);
        }
    }

    @Test
    void whatIsOnlyReadyLeavesNothing() throws IOException {
        images.leave(PLAN, dumping(directory -> {})).close();
        try (Stream<Path> left = Files.list(parent.resolve("images"))) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void pagesAreSentWhileTheyAreWritten() throws IOException {
        Images.Sent sent = send(
                dumping(directory -> {
                    Path pages = directory.resolve("pages-1.img");
                    Files.write(pages, new byte[PIECE + 5]);
                    received.first.await();
                    Files.write(pages, new byte[] {7}, StandardOpenOption.APPEND);
                    Files.write(directory.resolve("empty.img"), new byte[0]);
                    Files.writeString(directory.resolve("dump.log"), "no image");
                }),
                received);
        assertEquals(2, sent.files());
        assertEquals(PIECE + 6, sent.bytes());
        assertEquals(Map.of("pages-1.img", PIECE + 6, "empty.img", 0), Map.copyOf(received.sizes()));
        assertEquals(7, received.bytes("pages-1.img")[PIECE + 5]);
    }

    @Test
    void aFailedDumpFailsWithItsOwnReason() {
        IOException failure = assertThrows(
                IOException.class,
                () -> send(
                        dumping(directory -> {
                            throw new IOException("criu says no");
                        }),
                        received));
        assertEquals("criu says no", failure.getMessage());
    }

    @Test
    void aBrokenTransferFailsAfterTheDumpHasEnded() {
        boolean[] ended = new boolean[1];
        received.broken = true;
        IOException failure = assertThrows(
                IOException.class,
                () -> send(
                        dumping(directory -> {
                            Files.write(directory.resolve("pages-1.img"), new byte[PIECE]);
                            received.first.await();
                            ended[0] = true;
                        }),
                        received));
        assertEquals("cut", failure.getMessage());
        assertEquals(true, ended[0]);
    }

    @Test
    void whatArrivesIsWhatWasSent() throws IOException {
        Images.Arriving arriving = images.receive(PLAN);
        arriving.write(0, "a.img", 0, ByteBuffer.wrap(new byte[] {1, 2}));
        arriving.write(0, "a.img", 2, ByteBuffer.wrap(new byte[] {3}));
        arriving.write(0, "b.img", 0, ByteBuffer.wrap(new byte[0]));
        assertThrows(IOException.class, () -> arriving.end(2, 4));
        arriving.end(2, 3);
        assertArrayEquals(
                new byte[] {1, 2, 3}, Files.readAllBytes(arriving.directory().resolve("a.img")));
        images.discard(PLAN);
        assertFalse(Files.exists(arriving.directory()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "../x", "/etc/passwd", "a/b", ".hidden", "a\0b", "a b"})
    void namesThatAreNoPlainOnesAreRefused(String name) throws IOException {
        Images.Arriving arriving = images.receive(PLAN);
        assertThrows(IOException.class, () -> arriving.write(0, name, 0, ByteBuffer.wrap(new byte[1])));
    }

    @Test
    void gapsAndRepetitionsAreRefused() throws IOException {
        Images.Arriving arriving = images.receive(PLAN);
        assertThrows(IOException.class, () -> arriving.write(0, "a.img", 1, ByteBuffer.wrap(new byte[1])));
        arriving.write(0, "a.img", 0, ByteBuffer.wrap(new byte[2]));
        assertThrows(IOException.class, () -> arriving.write(0, "a.img", 0, ByteBuffer.wrap(new byte[2])));
        assertThrows(IOException.class, () -> arriving.write(0, "a.img", Long.MAX_VALUE, ByteBuffer.wrap(new byte[2])));
        assertThrows(IOException.class, () -> arriving.write(0, "a.img", -1, ByteBuffer.wrap(new byte[2])));
    }

    @Test
    void eachLayerNamesTheOneBefore() throws IOException {
        Images.Arriving arriving = images.receive(PLAN);
        arriving.write(1, "pages-5.img", 0, ByteBuffer.wrap(new byte[] {1}));
        arriving.write(2, "pages-5.img", 0, ByteBuffer.wrap(new byte[] {2, 2}));
        arriving.write(0, "pages-5.img", 0, ByteBuffer.wrap(new byte[] {3}));
        arriving.end(3, 4);
        Path last = arriving.directory().resolve("parent");
        assertEquals(2, Files.size(last.resolve("pages-5.img")));
        assertEquals(1, Files.size(last.resolve("parent").resolve("pages-5.img")));
        images.discard(PLAN);
        assertFalse(Files.exists(arriving.directory()));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 2, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void layersComeOneAfterTheOther(int layer) throws IOException {
        Images.Arriving arriving = images.receive(PLAN);
        assertThrows(IOException.class, () -> arriving.write(layer, "a.img", 0, ByteBuffer.wrap(new byte[1])));
    }

    @Test
    void linksAreNotFollowed() throws IOException {
        Images.Arriving arriving = images.receive(PLAN);
        Path outside = Files.createFile(parent.resolve("outside"));
        Files.createSymbolicLink(arriving.directory().resolve("a.img"), outside);
        assertThrows(IOException.class, () -> arriving.write(0, "a.img", 0, ByteBuffer.wrap(new byte[1])));
        assertEquals(0, Files.size(outside));
    }

    private interface Writing {
        void into(Path directory) throws IOException, InterruptedException;
    }

    private static Tree dumping(Writing dump) {
        return new Tree() {
            @Override
            public List<String> obstacles() {
                return List.of();
            }

            @Override
            public void freeze(Duration deadline) {}

            @Override
            public boolean isFrozen() {
                return true;
            }

            @Override
            public void thaw() {}

            @Override
            public Dump readyDump(Path directory) {
                return new Dump() {
                    @Override
                    public Checkpoint checkpoint() {
                        return new Checkpoint(1, false, 0, 2, 3, 4);
                    }

                    @Override
                    public boolean leaveMemory() {
                        return false;
                    }

                    @Override
                    public void write() throws IOException {
                        try {
                            dump.into(directory);
                        } catch (InterruptedException e) {
                            throw new IOException(e);
                        }
                    }

                    @Override
                    public void end() {}

                    @Override
                    public void close() {}
                };
            }

            @Override
            public void drainOutput() {}

            @Override
            public List<Integer> processes() {
                return List.of();
            }

            @Override
            public void destroy() {}

            @Override
            public long memoryBytes() {
                return 0;
            }

            @Override
            public long cpuMicros() {
                return 0;
            }
        };
    }
}

package dev.tomte.agent.transfer;

import static dev.tomte.agent.transfer.PageMapImage.LAZY;
import static dev.tomte.agent.transfer.PageMapImage.PARENT;
import static dev.tomte.agent.transfer.PageMapImage.PRESENT;
import static dev.tomte.linux.ProcessMemory.PAGE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tomte.agent.transfer.PageMapImage.Entry;
import dev.tomte.agent.tree.Tree;
import dev.tomte.linux.ProcessMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real process's memory; what criu writes of it is pretended, and what its restore reads is what its source says. */
@Timeout(30)
class MemoryLayersTest {
    private static final int ROOM = 64 << 20;

    @TempDir
    Path directory;

    private final Received target = new Received();
    /** Of each layer. */
    private final List<PageMapImage> maps = new ArrayList<>();

    private final List<byte[]> pages = new ArrayList<>();
    private StillProcess process;
    private MemoryLayers layers;

    @BeforeEach
    void start() throws IOException {
        assumeTrue(ProcessMemory.isTold(), "PAGEMAP_SCAN is Linux 6.7's");
        process = new StillProcess();
        layers = new MemoryLayers(tree(), target);
    }

    @AfterEach
    void end() {
        if (layers != null) layers.close();
        if (process != null) process.close();
    }

    private Tree tree() {
        return (Tree) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Tree.class}, (self, method, arguments) -> {
                    if (!method.getName().equals("processes")) throw new AssertionError(method);
                    return List.of(process.pid());
                });
    }

    private void copyStanding() throws IOException {
        layers.stand();
        layers.copyStanding(() -> true);
    }

    private void precopy() throws IOException {
        layers.precopy(directory, ROOM, () -> true);
    }

    /** All of the addresses are left to others. */
    private void dump() throws IOException {
        write(List.of(new Entry(0, ProcessMemory.END, LAZY)));
    }

    private void write(List<Entry> entries) throws IOException {
        Files.write(images().resolve(map()), new PageMapImage(1, entries).bytes());
    }

    private Path images() throws IOException {
        return Files.createDirectories(directory.resolve("images"));
    }

    private String map() {
        return "pagemap-" + process.pid() + ".img";
    }

    private void stop() throws IOException {
        copyStanding();
        dump();
        layers.finish(images());
    }

    /** Fails where criu would: what a layer says is in its parent must be there. */
    private byte[] page(int layer, long address) throws IOException {
        PageMapImage map = maps.get(layer - 1);
        int before = 0;
        for (Entry entry : map.entries()) {
            if (entry.from() <= address && address < entry.to()) {
                if (entry.flags() == PARENT) return page(layer - 1, address);
                int at = before + (int) (address - entry.from());
                return Arrays.copyOfRange(pages.get(layer - 1), at, at + PAGE);
            }
            if (entry.flags() == PRESENT) before += (int) (entry.to() - entry.from());
        }
        throw new IOException("layer %d has no %x".formatted(layer, address));
    }

    private int last() {
        return target.files.keySet().stream()
                .mapToInt(name -> Integer.parseInt(name.substring(0, name.indexOf('/'))))
                .max()
                .orElse(0);
    }

    private void requireAll(Map<Long, byte[]> memory) throws IOException {
        for (int layer = 1; layer <= last(); layer++) {
            maps.add(PageMapImage.parse(target.bytes(layer + "/" + map())));
            pages.add(target.bytes(layer + "/pages-" + maps.getLast().pagesId() + ".img"));
        }
        List<Entry> resolved =
                PageMapImage.parse(Files.readAllBytes(images().resolve(map()))).entries();
        assertEquals(
                memory.size(),
                resolved.stream()
                        .mapToLong(entry -> (entry.to() - entry.from()) / PAGE)
                        .sum());
        for (Entry entry : resolved) assertEquals(PARENT, entry.flags());
        for (Map.Entry<Long, byte[]> page : memory.entrySet())
            assertArrayEquals(page.getValue(), page(last(), page.getKey()), () -> Long.toHexString(page.getKey()));
        assertEquals(target.files.size(), layers.files());
        assertEquals(target.sizes().values().stream().mapToInt(size -> size).sum(), layers.bytes());
    }

    @Test
    void whoWasNotCopiedBeforeIsSentWhole() throws IOException {
        stop();
        assertEquals(1, last());
        assertTrue(process.memory().size() > 500, "it has memory");
        requireAll(process.memory());
    }

    @Test
    void whatHasNotChangedIsNotSentAgain() throws IOException {
        precopy();
        int before = last();
        stop();
        assertEquals(0, target.bytes(last() + "/pages-" + process.pid() + ".img").length);
        assertEquals(before + 1, last());
        requireAll(process.memory());
    }

    @Test
    void whatHasChangedIsSent() throws IOException {
        precopy();
        process.change();
        stop();
        int sent = target.bytes(last() + "/pages-" + process.pid() + ".img").length / PAGE;
        int all = process.memory().size();
        assertTrue(sent > 10 && sent < all / 2, sent + " of " + all);
        requireAll(process.memory());
    }

    /** Changed while it is copied, in several rounds, of which the last is given up. */
    @Test
    void whatIsCopiedInRoundsIsWhatItIsInTheEnd() throws IOException {
        int[] asked = new int[1];
        layers.precopy(directory, ROOM, () -> {
            if (++asked[0] % 29 == 0) change();
            return asked[0] < 250;
        });
        stop();
        assertTrue(last() > 2, last() + " layers");
        requireAll(process.memory());
    }

    private void change() {
        try {
            process.change();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void whoseCodeTheDumpMayWriteToIsReadAfterIt() throws IOException {
        process.close();
        process = StillProcess.withOwnCode();
        copyStanding();
        assertEquals(Map.of(), target.sizes());
        dump();
        layers.finish(images());
        requireAll(process.memory());
    }

    @Test
    void whatThereIsNoRoomForIsSentInTheEnd() throws IOException {
        int all = process.memory().size();
        layers.precopy(directory, (long) (all / 2) * PAGE, () -> true);
        assertTrue(target.bytes("1/pages-" + process.pid() + ".img").length <= all / 2 * PAGE);
        stop();
        requireAll(process.memory());
    }

    @Test
    void whatCriuHasItselfStaysAsItSays() throws IOException {
        long own = process.memory().keySet().iterator().next();
        copyStanding();
        write(List.of(new Entry(own, own + PAGE, PRESENT), new Entry(own + PAGE, ProcessMemory.END, LAZY)));
        layers.finish(images());
        Entry first = PageMapImage.parse(Files.readAllBytes(images().resolve(map())))
                .entries()
                .getFirst();
        assertEquals(new Entry(own, own + PAGE, PRESENT), first);
    }

    @Test
    void whatWasNotReadIsNotLeftOut() throws IOException {
        dump();
        process.close();
        copyStanding();
        assertThrows(IOException.class, () -> layers.finish(images()));
    }

    @Test
    void memoryThatNobodyLooksAtIsNotLeftOut() throws IOException {
        copyStanding();
        write(List.of(new Entry(0, ProcessMemory.END + PAGE, LAZY)));
        assertThrows(IOException.class, () -> layers.finish(images()));
    }

    @Test
    void aTargetThatFailsIsHeardOf() {
        target.broken = true;
        assertThrows(IOException.class, this::precopy);
        assertThrows(IOException.class, this::stop);
    }

    @Test
    void nothingOfItHasAName() throws IOException {
        precopy();
        try (Stream<Path> left = Files.list(directory)) {
            assertEquals(List.of(), left.toList());
        }
    }
}

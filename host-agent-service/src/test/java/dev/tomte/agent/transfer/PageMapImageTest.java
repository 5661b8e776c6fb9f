package dev.tomte.agent.transfer;

import static dev.tomte.agent.transfer.PageMapImage.LAZY;
import static dev.tomte.agent.transfer.PageMapImage.PARENT;
import static dev.tomte.agent.transfer.PageMapImage.PRESENT;
import static dev.tomte.linux.ProcessMemory.PAGE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tomte.agent.transfer.PageMapImage.Entry;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class PageMapImageTest {
    @Test
    void whatIsWrittenIsRead() throws IOException {
        PageMapImage image = new PageMapImage(
                7,
                List.of(
                        new Entry(0x1000, 0x3000, PRESENT),
                        new Entry(0x7f0000000000L, 0x7f8000000000L, LAZY),
                        new Entry(0x7fffffffe000L, 0x7ffffffff000L, PARENT)));
        assertEquals(image, PageMapImage.parse(image.bytes()));
    }

    /** What criu 4.2.1 wrote of a {@code sleep} whose memory it was to leave; its pages image had 65536 bytes. */
    @Test
    void whatCriuWritesIsRead() throws IOException {
        byte[] image = HexFormat.of()
                .parseHex("19435654254008560200000008010e0000000880c0a8c0ffb9151000200428010e0000000880a0aac0ffb9151000"
                        + "200428020e0000000880e09d9281ba151000200228210e0000000880c0c9bdbdfb1f1000200228030e000000"
                        + "088080bebebdfb1f1000200428060e0000000880c0bfbebdfb1f10002002280d0e000000088080c5bebdfb1f"
                        + "1000200228020e000000088080c7bebdfb1f1000200428020e0000000880e0d3bebdfb1f1000200428040e00"
                        + "00000880c0f0c8e1ff1f10002002281f0e0000000880a0f8c8e1ff1f1000200428010e0000000880c0f8c8e1"
                        + "ff1f100020022801");
        PageMapImage read = PageMapImage.parse(image);
        assertEquals(1, read.pagesId());
        assertEquals(12, read.entries().size());
        assertEquals(65_536, bytes(read, PRESENT));
        assertEquals(33 + 3 + 13 + 2 + 31 + 1, bytes(read, LAZY) / PAGE);
    }

    private static long bytes(PageMapImage image, int flags) {
        return image.entries().stream()
                .filter(entry -> entry.flags() == flags)
                .mapToLong(entry -> entry.to() - entry.from())
                .sum();
    }

    @Test
    void whatIsNoneIsRefused() throws IOException {
        byte[] good = new PageMapImage(1, List.of(new Entry(0, 4096, PRESENT))).bytes();
        for (int end = 0; end < good.length; end++) {
            byte[] cut = Arrays.copyOf(good, end);
            // an image may end after its head
            if (end != 14) assertThrows(IOException.class, () -> PageMapImage.parse(cut), cut.length + " bytes");
        }
        byte[] other = good.clone();
        other[0]++;
        assertThrows(IOException.class, () -> PageMapImage.parse(other));
    }
}

package dev.tomte.agent.transfer;

import static dev.tomte.linux.ProcessMemory.PAGE;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * criu's image of where the pages of a process are: an entry for each range of addresses, in their order. What is {@link
 * #PRESENT} follows one another in the pages image of that number.
 *
 * @param pagesId of the image that has the pages
 * @see <a href="https://criu.org/Memory_dumps">criu, memory dumps</a>; images/pagemap.proto of its source
 */
record PageMapImage(int pagesId, List<Entry> entries) {
    /** The pages are in the parent's images. */
    static final int PARENT = 1;
    /** Something else moves the pages; not all that is in the range need be there. */
    static final int LAZY = 2;

    static final int PRESENT = 4;

    /** criu/include/magic.h. */
    private static final int COMMON_MAGIC = 0x54564319;

    private static final int MAGIC = 0x56084025;

    /** Four numbers, of ten bytes each, and their tags. */
    private static final int LONGEST = 44;

    private static final int PAGES_ID = 1;
    private static final int ADDRESS = 1;
    private static final int COUNT_32 = 2;
    private static final int FLAGS = 4;
    private static final int COUNT = 5;

    /**
     * @param from the first page's address
     * @param to the address after the last page
     */
    record Entry(long from, long to, int flags) {}

    /** @throws IOException if it is none, or says what is not known here */
    static PageMapImage parse(byte[] image) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
        try {
            if (in.getInt() != COMMON_MAGIC || in.getInt() != MAGIC) throw new IOException("no image of a page map");
            int pagesId = pagesId(message(in));
            List<Entry> entries = new ArrayList<>();
            while (in.hasRemaining()) entries.add(entry(message(in)));
            return new PageMapImage(pagesId, entries);
        } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
            throw new IOException("an image of a page map that ends too soon", e);
        }
    }

    private static CodedInputStream message(ByteBuffer in) {
        ByteBuffer message = in.slice(in.position() + Integer.BYTES, in.getInt(in.position()));
        in.position(in.position() + Integer.BYTES + message.remaining());
        return CodedInputStream.newInstance(message);
    }

    private static int pagesId(CodedInputStream head) throws IOException {
        if (WireFormat.getTagFieldNumber(head.readTag()) != PAGES_ID) throw new IOException("a page map without pages");
        return head.readUInt32();
    }

    private static Entry entry(CodedInputStream in) throws IOException {
        long address = 0;
        long pages = 0;
        int flags = PRESENT;
        for (int tag; (tag = in.readTag()) != 0; ) {
            switch (WireFormat.getTagFieldNumber(tag)) {
                case ADDRESS -> address = in.readUInt64();
                case COUNT -> pages = in.readUInt64();
                case COUNT_32 -> {
                    int few = in.readUInt32();
                    if (pages == 0) pages = few;
                }
                case FLAGS -> flags = in.readUInt32();
                default -> throw new IOException("a page map with field " + WireFormat.getTagFieldNumber(tag));
            }
        }
        return new Entry(address, address + pages * PAGE, flags);
    }

    byte[] bytes() throws IOException {
        ByteArrayOutputStream image = new ByteArrayOutputStream();
        ByteBuffer number = ByteBuffer.allocate(2 * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        image.writeBytes(number.putInt(COMMON_MAGIC).putInt(MAGIC).array());
        append(image, out -> out.writeUInt32(PAGES_ID, pagesId));
        for (Entry entry : entries) {
            long pages = (entry.to - entry.from) / PAGE;
            append(image, out -> {
                out.writeUInt64(ADDRESS, entry.from);
                out.writeUInt32(COUNT_32, (int) Math.min(pages, Integer.MAX_VALUE));
                out.writeUInt32(FLAGS, entry.flags);
                out.writeUInt64(COUNT, pages);
            });
        }
        return image.toByteArray();
    }

    @FunctionalInterface
    private interface Fields {
        void write(CodedOutputStream out) throws IOException;
    }

    private static void append(ByteArrayOutputStream image, Fields fields) throws IOException {
        byte[] message = new byte[LONGEST];
        CodedOutputStream out = CodedOutputStream.newInstance(message);
        fields.write(out);
        int bytes = out.getTotalBytesWritten();
        ByteBuffer length = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        image.writeBytes(length.putInt(bytes).array());
        image.write(message, 0, bytes);
    }
}

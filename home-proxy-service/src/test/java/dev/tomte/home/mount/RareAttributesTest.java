package dev.tomte.home.mount;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.home.frames.Fuse;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class RareAttributesTest {
    private static final long NODE = 7;

    private static boolean isOfNone(RareAttributes attributes, String name) {
        byte[] text = (name + "\0").getBytes(StandardCharsets.US_ASCII);
        ByteBuffer request = ByteBuffer.allocate(Fuse.IN_HEADER + 8 + text.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(4, Fuse.GETXATTR)
                .putLong(16, NODE)
                .put(Fuse.IN_HEADER + 8, text);
        return attributes.isOfNone(MemorySegment.ofBuffer(request), request.capacity());
    }

    private static MemorySegment notice(long node) {
        return MemorySegment.ofBuffer(ByteBuffer.allocate(Fuse.OUT_HEADER + 8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(Fuse.OUT_HEADER, node));
    }

    @Test
    void onlyOfTheseAndOnlyWhereHomeHasNamedNone() throws Exception {
        RareAttributes attributes = new RareAttributes(true);
        assertFalse(isOfNone(attributes, "security.capability"));
        attributes.areTold();
        assertTrue(isOfNone(attributes, "security.capability"));
        assertTrue(isOfNone(attributes, "system.posix_acl_access"));
        assertFalse(isOfNone(attributes, "user.capability"));
        attributes.take(notice(NODE));
        assertFalse(isOfNone(attributes, "security.capability"));
    }

    /** What an older home did not name is not named by the newer one that replaces it either. */
    @Test
    void aNewerHomeCannotMakeUpForAnOlderOne() {
        RareAttributes attributes = new RareAttributes(true);
        attributes.areNotTold();
        attributes.areTold();
        assertFalse(isOfNone(attributes, "security.capability"));
    }
}

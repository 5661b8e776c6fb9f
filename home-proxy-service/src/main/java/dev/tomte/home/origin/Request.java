package dev.tomte.home.origin;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.tomte.home.frames.Fuse;
import dev.tomte.linux.Errno;
import java.lang.foreign.MemorySegment;

/** One request as it arrived. The peer wrote it: every access is checked against the length that it gave. */
final class Request {
    private static final int MAX_NAME = 255;

    private final MemorySegment memory;
    private MemorySegment frame;
    private MemorySegment body;

    Request(MemorySegment memory) {
        this.memory = memory;
        this.frame = memory.asSlice(0, Fuse.IN_HEADER);
        this.body = memory.asSlice(0, 0);
    }

    /** Looks at a frame whose length has been checked: at least a header, no more than the memory. */
    void at(long start, int length) {
        frame = memory.asSlice(start, length);
        long extensions = (frame.get(JAVA_SHORT_UNALIGNED, 36) & 0xffff) * 8L;
        long bodyBytes = (long) length - Fuse.IN_HEADER;
        body = frame.asSlice(Fuse.IN_HEADER, extensions <= bodyBytes ? bodyBytes - extensions : 0);
    }

    int opcode() {
        return frame.get(JAVA_INT_UNALIGNED, 4);
    }

    /** The request's number as it came, perhaps with {@link Fuse#RESENT}. */
    long unique() {
        return frame.get(JAVA_LONG_UNALIGNED, 8);
    }

    long node() {
        return frame.get(JAVA_LONG_UNALIGNED, 16);
    }

    int uid() {
        return frame.get(JAVA_INT_UNALIGNED, 24);
    }

    int bodyBytes() {
        return (int) body.byteSize();
    }

    int u32(int at) throws Refused {
        need(at, 4);
        return body.get(JAVA_INT_UNALIGNED, at);
    }

    long u64(int at) throws Refused {
        need(at, 8);
        return body.get(JAVA_LONG_UNALIGNED, at);
    }

    /** A count of bytes: not negative, not above the limit. */
    int size(int at, int limit) throws Refused {
        int size = u32(at);
        if (size < 0 || size > limit) throw new Refused(Errno.EINVAL);
        return size;
    }

    /** The address of that many bytes of the body. */
    long address(int at, int bytes) throws Refused {
        need(at, bytes);
        return body.address() + at;
    }

    private void need(int at, int bytes) throws Refused {
        if (at < 0 || bytes < 0 || at + (long) bytes > body.byteSize()) throw new Refused(Errno.EINVAL);
    }

    /** The length of the NUL-terminated text at that place. */
    int textBytes(int at, int limit) throws Refused {
        for (int bytes = 0; at + (long) bytes < body.byteSize(); bytes++) {
            if (body.get(JAVA_BYTE, at + (long) bytes) == 0) return bytes;
            if (bytes >= limit) throw new Refused(Errno.ENAMETOOLONG);
        }
        throw new Refused(Errno.EINVAL);
    }

    /** The length of a directory entry's name: one component, neither "." nor "..". */
    int nameBytes(int at) throws Refused {
        int bytes = textBytes(at, MAX_NAME);
        if (bytes == 0) throw new Refused(Errno.EINVAL);
        for (int i = 0; i < bytes; i++) if (body.get(JAVA_BYTE, at + (long) i) == '/') throw new Refused(Errno.EPERM);
        boolean dots =
                body.get(JAVA_BYTE, at) == '.' && (bytes == 1 || (bytes == 2 && body.get(JAVA_BYTE, at + 1L) == '.'));
        if (dots) throw new Refused(Errno.EPERM);
        return bytes;
    }

    byte[] bytes(int at, int count) throws Refused {
        need(at, count);
        return body.asSlice(at, count).toArray(JAVA_BYTE);
    }
}

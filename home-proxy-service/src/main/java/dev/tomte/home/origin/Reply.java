package dev.tomte.home.origin;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.tomte.home.frames.Delegated;
import dev.tomte.home.frames.Fuse;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** One reply while it is written, behind those that wait in the same buffer. */
final class Reply {
    private final MemorySegment memory;
    private long start;
    private long position;

    Reply(MemorySegment memory) {
        this.memory = memory;
    }

    /** Begins a reply at that place. */
    void begin(long start) {
        this.start = start;
        position = start + Fuse.OUT_HEADER;
    }

    /**
     * Writes a notice to the guest's kernel that a file's attributes have changed.
     *
     * @return its bytes
     */
    int attributesChanged(long at, long node) {
        int bytes = Fuse.OUT_HEADER + 24;
        begin(at);
        u64(node).u64(Fuse.ATTRIBUTES_ONLY).u64(0);
        memory.set(JAVA_INT_UNALIGNED, at, bytes);
        memory.set(JAVA_INT_UNALIGNED, at + 4, Fuse.NOTIFY_INVAL_INODE);
        memory.set(JAVA_LONG_UNALIGNED, at + 8, 0);
        return bytes;
    }

    /**
     * Puts a notice to the guest's agent before a reply that has been written: files that have rare attributes.
     *
     * @return its bytes
     */
    int listed(long at, int replyBytes, List<Long> nodes) {
        int bytes = Fuse.OUT_HEADER + 8 * nodes.size();
        MemorySegment.copy(memory, at, memory, at + bytes, replyBytes);
        begin(at);
        nodes.forEach(this::u64);
        memory.set(JAVA_INT_UNALIGNED, at, bytes);
        memory.set(JAVA_INT_UNALIGNED, at + 4, Fuse.LISTED);
        memory.set(JAVA_LONG_UNALIGNED, at + 8, 0);
        return bytes;
    }

    /**
     * Writes a notice to the guest's agent that it opens a file by itself from now on, for that user.
     *
     * @return its bytes
     */
    int delegated(long at, Call.Offered offered, int uid) {
        int bytes = Delegated.NOTICE_BYTES;
        begin(at);
        u64(offered.node())
                .u64(offered.number())
                .u32(offered.flags())
                .u32(uid)
                .u32(offered.most())
                .u32(0);
        memory.set(JAVA_INT_UNALIGNED, at, bytes);
        memory.set(JAVA_INT_UNALIGNED, at + 4, Fuse.DELEGATED);
        memory.set(JAVA_LONG_UNALIGNED, at + 8, 0);
        return bytes;
    }

    /** Forgets what was written since {@link #begin}. */
    void rewind() {
        position = start + Fuse.OUT_HEADER;
    }

    /** Where the next byte goes. */
    long address() {
        return memory.address() + position;
    }

    /** Bytes already written somewhere else than through this: at {@link #address}. */
    void advance(long bytes) {
        if (bytes < 0 || bytes > room()) throw new IllegalStateException("a reply of " + bytes + " bytes");
        position += bytes;
    }

    long room() {
        return memory.byteSize() - position;
    }

    long payloadBytes() {
        return position - start - Fuse.OUT_HEADER;
    }

    Reply u32(int value) {
        memory.set(JAVA_INT_UNALIGNED, position, value);
        position += 4;
        return this;
    }

    Reply u64(long value) {
        memory.set(JAVA_LONG_UNALIGNED, position, value);
        position += 8;
        return this;
    }

    Reply zeros(int bytes) {
        memory.asSlice(position, bytes).fill((byte) 0);
        position += bytes;
        return this;
    }

    Reply bytes(byte[] bytes) {
        MemorySegment.copy(bytes, 0, memory, JAVA_BYTE, position, bytes.length);
        position += bytes.length;
        return this;
    }

    byte[] payload() {
        return memory.asSlice(start + Fuse.OUT_HEADER, payloadBytes()).toArray(JAVA_BYTE);
    }

    /**
     * Writes the header.
     *
     * @param errno 0, or the positive errno value: then the payload goes
     * @return the reply's bytes
     */
    int finish(long unique, int errno) {
        if (errno != 0) rewind();
        int bytes = (int) (position - start);
        memory.set(JAVA_INT_UNALIGNED, start, bytes);
        memory.set(JAVA_INT_UNALIGNED, start + 4, -errno);
        memory.set(JAVA_LONG_UNALIGNED, start + 8, unique);
        return bytes;
    }
}

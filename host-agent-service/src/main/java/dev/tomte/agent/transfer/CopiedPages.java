package dev.tomte.agent.transfer;

import static dev.tomte.linux.ProcessMemory.PAGE;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The pages that a target has of processes, as they were when they were copied to it. They are a file without a name, on
 * a tmpfs: nothing of it stays, however this ends. One thread at a time.
 */
final class CopiedPages implements AutoCloseable {
    /** A page of user space (47 bits) has a number of 35 bits; PIDs have 22 (Linux, PID_MAX_LIMIT). */
    private static final int PAGE_BITS = 35;

    /** 2^64 divided by the golden ratio: Knuth, The Art of Computer Programming 3, 6.4. */
    private static final long SPREAD = 0x9e3779b97f4a7c15L;

    private final int capacity;
    private final FileChannel file;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment mapped;
    /**
     * Of which process and address, 0: of none; and where in the file, in pages. Open addressing. Outside of the heap, which
     * would stay as large.
     */
    private final LongBuffer keys;

    private final IntBuffer places;
    private int size;

    /** @param room the most that they will be, bytes; none of it is taken before it is filled */
    CopiedPages(Path directory, long room) throws IOException {
        capacity = Math.toIntExact(room / PAGE);
        int slots = Integer.highestOneBit(Math.max(1, capacity)) << 2;
        keys = arena.allocate((long) slots * Long.BYTES, Long.BYTES)
                .asByteBuffer()
                .order(ByteOrder.nativeOrder())
                .asLongBuffer();
        places = arena.allocate((long) slots * Integer.BYTES, Integer.BYTES)
                .asByteBuffer()
                .order(ByteOrder.nativeOrder())
                .asIntBuffer();
        Path name = directory.resolve("copied");
        file = FileChannel.open(name, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            Files.delete(name);
            mapped = file.map(FileChannel.MapMode.READ_WRITE, 0, (long) capacity * PAGE, arena);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /**
     * Whether a page is as it was copied.
     *
     * @param pid of the process
     * @param address of the page in its memory
     * @param at where the page is in what was read of it now
     */
    boolean isSame(int pid, long address, MemorySegment memory, long at) {
        int slot = slot(key(pid, address));
        if (keys.get(slot) == 0) return false;
        long from = (long) places.get(slot) * PAGE;
        return MemorySegment.mismatch(mapped, from, from + PAGE, memory, at, at + PAGE) < 0;
    }

    /**
     * Takes pages, in place of what was copied of them before. By write(2): a tmpfs that is full says so then, and does not
     * end the JVM's write by a signal.
     *
     * @throws IOException if it could not keep them: nothing of this is to be used then
     */
    void put(int pid, long address, ByteBuffer memory) throws IOException {
        for (int done = 0; done < memory.remaining(); done += PAGE) {
            long key = key(pid, address + done);
            int slot = slot(key);
            if (keys.get(slot) == 0) {
                if (size == capacity) throw new IOException("more is copied than there is room for");
                keys.put(slot, key);
                places.put(slot, size++);
            }
            ByteBuffer page = memory.slice(memory.position() + done, PAGE);
            for (long to = (long) places.get(slot) * PAGE; page.hasRemaining(); ) to += file.write(page, to);
        }
    }

    private static long key(int pid, long address) {
        return ((long) pid << PAGE_BITS) | (address / PAGE);
    }

    /** Where the key is, or would be: there are at least two slots for each page that there is room for. */
    private int slot(long key) {
        int mask = keys.capacity() - 1;
        int slot = (int) ((key * SPREAD) >>> 32) & mask;
        for (long other; (other = keys.get(slot)) != 0 && other != key; ) slot = (slot + 1) & mask;
        return slot;
    }

    /** Returns at once: to give back much memory takes a while, and the processes may stand still meanwhile. */
    @Override
    public void close() {
        Thread.ofVirtual().start(() -> {
            arena.close();
            try {
                file.close();
            } catch (IOException e) {
                // it has no name, and nobody reads it any more
            }
        });
    }
}

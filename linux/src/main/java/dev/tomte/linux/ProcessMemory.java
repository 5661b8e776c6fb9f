package dev.tomte.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Memory that is another process's alone, read while it may run: what was read is what it held at some moment. One
 * thread.
 *
 * @see <a href="https://docs.kernel.org/admin-guide/mm/pagemap.html">pagemap, PAGEMAP_SCAN (Linux 6.7)</a>
 */
public final class ProcessMemory implements AutoCloseable {
    /** A page of x86-64, bytes. */
    public static final int PAGE = 4096;

    private static final long PREAD = 17;
    private static final int PAGEMAP_SCAN = 0xc0606610;
    /** Where user space ends (Linux, Documentation/arch/x86/x86_64/mm.rst), less the page that is never mapped. */
    public static final long END = 0x7ffffffff000L;

    /** Of struct pm_scan_arg, bytes. */
    private static final int ARGUMENT = 96;

    private static final int START = 16;
    private static final int STOP = 24;
    private static final int WALKED = 32;
    private static final int REGIONS = 40;
    private static final int ROOM = 48;
    private static final int INVERTED = 64;
    private static final int ALL_OF = 72;
    private static final int ANY_OF = 80;
    private static final int TELL = 88;
    /** Of struct page_region, bytes, and how many of them the kernel is given room for. */
    private static final int REGION = 24;

    private static final int MOST_REGIONS = 1024;

    /** Categories of pages: of a file or shared, in memory, not in memory, the one of zeros, no page but a guard. */
    private static final long FILE = 1 << 2;

    private static final long PRESENT = 1 << 3;
    private static final long SWAPPED = 1 << 4;
    private static final long ZERO = 1 << 5;
    private static final long GUARD = 1 << 8;

    private final int pid;
    private final Fd pageMap;
    private final FileChannel memory;

    /** Whole pages, from the one address to before the other. */
    public record Range(long from, long to) {}

    /**
     * @param pid as this PID namespace sees it
     * @throws IOException if it has gone, or may not be read
     */
    public ProcessMemory(int pid) throws IOException {
        this.pid = pid;
        Path directory = new ProcFs(pid).directory();
        memory = FileChannel.open(directory.resolve("mem"), StandardOpenOption.READ);
        try {
            pageMap = OpenAt.open(directory.resolve("pagemap").toString(), OpenAt.O_RDONLY);
        } catch (IOException e) {
            memory.close();
            throw e;
        }
        if (hasEnded()) {
            close();
            throw new IOException("process " + pid + " has ended");
        }
    }

    /**
     * One that has ended and is not reaped has no memory, for good. To scan it would bring down kernels before 6.16
     * ("NULL pointer dereference in do_pagemap_scan"); to read says so of each.
     */
    private boolean hasEnded() {
        try (Arena arena = Arena.ofConfined()) {
            return Syscall.raw(
                            PREAD, pageMap.value(), arena.allocate(Long.BYTES).address(), Long.BYTES, 0)
                    <= 0;
        }
    }

    /** Whether this kernel tells what {@link #own} asks for: one that does complains of a question that is none. */
    public static boolean isTold() throws Errno {
        try (Fd pageMap = OpenAt.open("/proc/self/pagemap", OpenAt.O_RDONLY)) {
            return FileCalls.ioctl(pageMap.value(), PAGEMAP_SCAN, 0) != -Errno.ENOTTY;
        }
    }

    /**
     * The pages that it has for itself, in memory or swapped out, by addresses; not what it shares, nor what it has of
     * files as they are, nor what is nothing but zeros that were never written.
     *
     * @throws Errno ENOTTY from a kernel that cannot tell
     */
    public List<Range> own() throws Errno {
        List<Range> ranges = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment regions = arena.allocate(REGION * MOST_REGIONS, 8);
            MemorySegment scan = arena.allocate(ARGUMENT, 8);
            scan.set(JAVA_LONG, 0, ARGUMENT);
            scan.set(JAVA_LONG, STOP, END);
            scan.set(JAVA_LONG, REGIONS, regions.address());
            scan.set(JAVA_LONG, ROOM, MOST_REGIONS);
            scan.set(JAVA_LONG, ANY_OF, PRESENT | SWAPPED);
            // the same of all: neighbours are told as one
            scan.set(JAVA_LONG, TELL, FILE);
            leaveOutGuards(scan, true);
            for (long at = 0; at < END; at = scan.get(JAVA_LONG, WALKED)) {
                scan.set(JAVA_LONG, START, at);
                long found = FileCalls.ioctl(pageMap.value(), PAGEMAP_SCAN, scan.address());
                if (found == -Errno.EINVAL) {
                    leaveOutGuards(scan, false);
                    found = FileCalls.ioctl(pageMap.value(), PAGEMAP_SCAN, scan.address());
                }
                Syscall.check("find the memory of process " + pid, found);
                for (long one = 0; one < found; one++)
                    ranges.add(new Range(
                            regions.get(JAVA_LONG, one * REGION), regions.get(JAVA_LONG, one * REGION + Long.BYTES)));
            }
        }
        return ranges;
    }

    /** Linux knows them from 6.15 on. */
    private static void leaveOutGuards(MemorySegment scan, boolean whether) {
        long not = FILE | ZERO | (whether ? GUARD : 0);
        scan.set(JAVA_LONG, INVERTED, not);
        scan.set(JAVA_LONG, ALL_OF, not);
    }

    /**
     * Fills the buffer with what is at that address, as far as it is whole pages that can be read.
     *
     * @return how many bytes; 0 if the first page cannot be: it is not mapped any more, no memory, or the process has ended
     */
    public int read(long address, ByteBuffer into) {
        int begin = into.position();
        try {
            while (into.hasRemaining() && memory.read(into, address + into.position() - begin) > 0) {}
        } catch (IOException e) {
            // EIO: up to here
        }
        int whole = (into.position() - begin) / PAGE * PAGE;
        into.position(begin + whole);
        return whole;
    }

    @Override
    public void close() {
        pageMap.close();
        try {
            memory.close();
        } catch (IOException e) {
            // it was only read
        }
    }
}

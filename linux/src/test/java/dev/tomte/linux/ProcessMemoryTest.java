package dev.tomte.linux;

import static dev.tomte.linux.ProcessMemory.PAGE;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Of this very process: pages that it has mapped itself. */
class ProcessMemoryTest {
    private static final long MMAP = 9;
    private static final long MUNMAP = 11;
    private static final long MADVISE = 28;
    private static final int READ_WRITE = 3;
    private static final int PRIVATE_ANONYMOUS = 0x22;
    private static final int SHARED_ANONYMOUS = 0x21;
    private static final int GUARD_INSTALL = 102;
    private static final int PAGES = 8;

    private ProcessMemory memory;
    private long mapped;

    @BeforeEach
    void map() throws IOException {
        assumeTrue(isLinux(6, 7), "PAGEMAP_SCAN is Linux 6.7's");
        memory = new ProcessMemory(Math.toIntExact(ProcessHandle.current().pid()));
        mapped = map(PRIVATE_ANONYMOUS);
    }

    @AfterEach
    void unmap() {
        if (mapped != 0) Syscall.raw(MUNMAP, mapped, PAGES * PAGE);
        if (memory != null) memory.close();
    }

    private static long map(int flags) throws Errno {
        return Syscall.check("mmap", Syscall.raw(MMAP, 0, PAGES * PAGE, READ_WRITE, flags, -1, 0));
    }

    private void write(int page, int value) {
        at(page).set(JAVA_BYTE, 17, (byte) value);
    }

    private MemorySegment at(int page) {
        return MemorySegment.ofAddress(mapped + (long) page * PAGE).reinterpret(PAGE);
    }

    private boolean isOwn(long address) throws Errno {
        return memory.own().stream().anyMatch(range -> range.from() <= address && address < range.to());
    }

    private boolean isOwn(int page) throws Errno {
        return isOwn(mapped + (long) page * PAGE);
    }

    @Test
    void thisKernelTells() throws Errno {
        assertTrue(ProcessMemory.isTold());
    }

    @Test
    void whatWasWrittenIsItsOwnAndNothingElse() throws IOException {
        write(2, 1);
        write(5, 2);
        // a page that was only read is the one of zeros
        assertEquals(0, at(6).get(JAVA_BYTE, 0));
        for (int page = 0; page < PAGES; page++) assertEquals(page == 2 || page == 5, isOwn(page), "page " + page);
    }

    @Test
    void itIsReadAsItIs() {
        write(1, 42);
        ByteBuffer read = ByteBuffer.allocate(3 * PAGE);
        assertEquals(3 * PAGE, memory.read(mapped, read));
        assertEquals(42, read.get(PAGE + 17));
    }

    @Test
    void whatIsNotMappedIsNotRead() throws Errno {
        Syscall.check("munmap", Syscall.raw(MUNMAP, mapped + 2 * PAGE, PAGE));
        assertEquals(2 * PAGE, memory.read(mapped, ByteBuffer.allocate(4 * PAGE)), "as far as it goes");
        assertEquals(0, memory.read(mapped + 2 * PAGE, ByteBuffer.allocate(PAGE)));
    }

    @Test
    void whatIsSharedIsNotItsOwn() throws Errno {
        long shared = map(SHARED_ANONYMOUS);
        try {
            MemorySegment.ofAddress(shared).reinterpret(PAGE).set(JAVA_BYTE, 0, (byte) 1);
            assertFalse(isOwn(shared));
        } finally {
            Syscall.raw(MUNMAP, shared, PAGES * PAGE);
        }
    }

    @Test
    void whatItHasOfAFileIsItsOwnOnceItHasChangedIt(@TempDir Path directory) throws IOException {
        Path file = Files.write(directory.resolve("file"), new byte[2 * PAGE]);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
                Arena arena = Arena.ofConfined()) {
            MemorySegment copy = channel.map(FileChannel.MapMode.PRIVATE, 0, 2 * PAGE, arena);
            assertEquals(0, copy.get(JAVA_BYTE, 0));
            copy.set(JAVA_BYTE, PAGE, (byte) 1);
            assertFalse(isOwn(copy.address()));
            assertTrue(isOwn(copy.address() + PAGE));
        }
    }

    /** To scan it would be a fault of older kernels, not an error. */
    @Test
    void whoHasEndedAndIsNotReapedHasNoMemory() throws Exception {
        Process parent = new ProcessBuilder("sh", "-c", "sleep 0 & echo $!; exec sleep 60").start();
        try {
            int child = Integer.parseInt(parent.inputReader().readLine());
            while (new ProcFs(child).state() != 'Z') Thread.onSpinWait();
            assertThrows(IOException.class, () -> new ProcessMemory(child));
        } finally {
            parent.destroyForcibly().waitFor();
        }
    }

    @Test
    void aGuardIsNoPage() throws Errno {
        assumeTrue(isLinux(6, 15), "guards are Linux 6.13's, and told since 6.15");
        for (int page = 0; page < PAGES; page++) write(page, 1);
        long installed = Syscall.raw(MADVISE, mapped + 3 * PAGE, PAGE, GUARD_INSTALL);
        assertEquals(0, installed);
        assertFalse(isOwn(3));
        assertTrue(isOwn(2));
        assertTrue(isOwn(4));
    }

    private static boolean isLinux(int major, int minor) {
        String[] version = System.getProperty("os.version").split("[^0-9]+", 3);
        int isMajor = Integer.parseInt(version[0]);
        return isMajor > major || (isMajor == major && Integer.parseInt(version[1]) >= minor);
    }
}

package dev.tomte.agent.transfer;

import dev.tomte.linux.ProcFs;
import dev.tomte.linux.ProcessMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** A process with some MiB of memory that it changes only when it is told to. */
public final class StillProcess implements AutoCloseable {
    private static final String PROGRAM = "$| = 1; @a = map { 'text ' . $_ } 1 .. 50000; print qq(ready\\n);"
            + " while (<STDIN>) { $_ .= ' that changes' for @a[0 .. 4999]; print qq(ready\\n) }";

    private final Process process;

    /** mmap(2) of a page that may be executed, below where programs are: the system call's x86-64 number comes first. */
    private static final String CODE = "syscall(9, 0x10000000, 4096, 7, 0x32, -1, 0) == 0x10000000 or die; ";

    public StillProcess() throws IOException {
        this(PROGRAM);
    }

    private StillProcess(String program) throws IOException {
        process = new ProcessBuilder("perl", "-e", program).start();
        awaitReady();
    }

    private void awaitReady() throws IOException {
        for (int next = 0; next != '\n'; )
            if ((next = process.getInputStream().read()) < 0) throw new IOException("perl has ended");
        // it has said so, and goes on to where it waits for more
        while (new ProcFs(pid()).state() == 'R') Thread.onSpinWait();
    }

    /** One whose first code is of no file. */
    static StillProcess withOwnCode() throws IOException {
        return new StillProcess(CODE + PROGRAM);
    }

    public int pid() {
        return Math.toIntExact(process.pid());
    }

    /** Returns when it has changed some of it, and has more. */
    public void change() throws IOException {
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
        awaitReady();
    }

    /** Its own pages, by their addresses, as far as they are memory. */
    public Map<Long, byte[]> memory() throws IOException {
        Map<Long, byte[]> pages = new TreeMap<>();
        try (ProcessMemory memory = new ProcessMemory(pid())) {
            for (ProcessMemory.Range range : memory.own()) {
                for (long at = range.from(); at < range.to(); at += ProcessMemory.PAGE) {
                    ByteBuffer page = ByteBuffer.allocate(ProcessMemory.PAGE);
                    if (memory.read(at, page) > 0) pages.put(at, page.array());
                }
            }
        }
        return pages;
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

package dev.tomte.linux;

import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process is stopped, made to lock a file as if it had done it itself, and goes on as if nothing had been. */
@Timeout(60)
final class StandingTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final short F_WRLCK = 1;
    /** One thread counts, one makes and ends threads, one sleeps in a call that is to be begun anew. */
    private static final String PROGRAM = """
            import os, sys, threading, time
            f = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
            n = 0
            def count():
                global n
                while True: n += 1
            def breed():
                while True:
                    t = threading.Thread(target=time.sleep, args=(0.001,))
                    t.start()
                    t.join()
            threading.Thread(target=count, daemon=True).start()
            threading.Thread(target=breed, daemon=True).start()
            print(f, flush=True)
            for line in sys.stdin:
                before = n
                while n == before: time.sleep(0.001)
                print(line, end='', flush=True)
            """;

    @TempDir
    Path directory;

    private static long lock(Fd file) {
        try (Arena arena = Arena.ofConfined()) {
            return FileCalls.fcntl(
                    file.value(), FileCalls.F_OFD_SETLK, write(arena).address());
        }
    }

    private static MemorySegment write(Arena arena) {
        MemorySegment lock = arena.allocate(32, 8);
        lock.set(JAVA_SHORT, 0, F_WRLCK);
        return lock;
    }

    /** Says its number first, and ends as the child does. */
    private static Process grandchild(String... command) throws IOException {
        List<String> line = new ArrayList<>(
                List.of("sh", "-c", "exec 3<&0; \"$@\" <&3 3<&- & echo $!; exec <&- 3<&-; wait $!", "sh"));
        line.addAll(List.of(command));
        return new ProcessBuilder(line)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    @Test
    void itLocksAndGoesOn() throws Exception {
        Path locked = directory.resolve("locked");
        Process process = grandchild("/usr/bin/python3", "-c", PROGRAM, locked.toString());
        try (BufferedReader answers = process.inputReader();
                Fd file = OpenAt.open(locked.toString(), OpenAt.O_RDWR | OpenAt.O_CREAT);
                Arena arena = Arena.ofConfined()) {
            int pid = Integer.parseInt(answers.readLine());
            int descriptor = Integer.parseInt(answers.readLine());
            for (int time = 0; time < 20; time++) {
                MemorySegment lock = write(arena);
                try (Standing standing = new Standing(true)) {
                    assertTrue(standing.stop(pid, PATIENCE));
                    long before = cpu(pid);
                    assertEquals(0, lock(file));
                    assertEquals(-Errno.EAGAIN, standing.fcntl(pid, descriptor, FileCalls.F_SETLK, lock, PATIENCE));
                    lock.set(JAVA_SHORT, 0, (short) 2);
                    assertEquals(0, FileCalls.fcntl(file.value(), FileCalls.F_OFD_SETLK, lock.address()));
                    lock.set(JAVA_SHORT, 0, F_WRLCK);
                    assertEquals(0, standing.fcntl(pid, descriptor, FileCalls.F_SETLK, lock, PATIENCE));
                    assertEquals(-Errno.EAGAIN, lock(file));
                    MemorySegment ask = write(arena);
                    assertEquals(0, standing.fcntl(pid, descriptor, FileCalls.F_GETLK, ask, PATIENCE));
                    assertEquals(2, ask.get(JAVA_SHORT, 0));
                    assertTrue(cpu(pid) - before < 5, "it ran");
                }
                assertEquals(-Errno.EAGAIN, lock(file));
                process.outputWriter().write("line " + time + "\n");
                process.outputWriter().flush();
                assertEquals("line " + time, answers.readLine());
                try (Standing standing = new Standing(false)) {
                    assertTrue(standing.stop(pid, PATIENCE));
                    lock.set(JAVA_SHORT, 0, (short) 2);
                    assertEquals(0, standing.fcntl(pid, descriptor, FileCalls.F_SETLK, lock, PATIENCE));
                }
                assertEquals(0, lock(file));
                lock.set(JAVA_SHORT, 0, (short) 2);
                FileCalls.fcntl(file.value(), FileCalls.F_OFD_SETLK, lock.address());
            }
            process.outputWriter().close();
            assertTrue(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS));
            assertEquals(0, process.exitValue());
        } finally {
            process.destroyForcibly();
        }
    }

    /** Clock ticks that it has used. */
    private static long cpu(int pid) {
        String stat = new ProcFs(pid).read("stat").orElseThrow();
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }

    @Test
    void whatIsBoundEndsWithItsTracer() throws Exception {
        Process process = grandchild("sleep", "60");
        int pid = Integer.parseInt(process.inputReader().readLine());
        Thread tracer = Thread.ofPlatform().start(() -> {
            try {
                new Standing(true).stop(pid, PATIENCE);
            } catch (Errno e) {
                throw new IllegalStateException(e);
            }
        });
        tracer.join();
        assertTrue(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS));
        assertEquals(128 + 9, process.exitValue());
    }

    @Test
    void whatHasEndedStands() throws Exception {
        Process process = new ProcessBuilder("true").start();
        process.waitFor();
        try (Standing standing = new Standing(true)) {
            assertTrue(standing.stop((int) process.pid(), PATIENCE));
        }
    }

    @Test
    void nobodyOpensAFileThatIsHeld() throws Exception {
        Path file = Files.createFile(directory.resolve("held"));
        Path other = Files.createFile(directory.resolve("other"));
        Process opener;
        try (HeldOpens held = new HeldOpens();
                Fd there = OpenAt.open(file.toString(), OpenAt.O_RDONLY)) {
            held.hold(there);
            Files.readString(other);
            opener = new ProcessBuilder("cat", file.toString()).start();
            while (!waits(opener)) Thread.onSpinWait();
            assertFalse(opener.waitFor(100, TimeUnit.MILLISECONDS));
        }
        assertTrue(opener.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS));
        assertEquals(0, opener.exitValue());
    }

    private static boolean waits(Process process) throws IOException {
        if (!process.isAlive()) throw new IOException("it has opened the file");
        return new ProcFs((int) process.pid()).waitsIn().orElse("").startsWith("fanotify");
    }
}

package dev.tomte.home.mount;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.tomte.home.frames.LockCall;
import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.FileCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.TreeMap;

/**
 * What home knows of the locks of a guest's open file. Each call waits for home, however long; the guest must stand
 * still, or the answer may be wrong.
 */
public final class OpenFileLocks {
    private static final short F_WRLCK = 1;

    private OpenFileLocks() {}

    /**
     * The locks that were taken through an open file.
     *
     * @param handle its number at home
     * @param own those of the open file itself: flock(2) and open file description locks
     * @param others those of processes (POSIX locks)
     */
    public record Found(long handle, int own, int others) {}

    /**
     * Looks at an open file.
     *
     * @param file a duplicate of the guest's descriptor of a file on its home mount
     */
    public static Found look(Fd file) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            introduce(arena, file);
            MemorySegment answer = arena.allocate(16, 8);
            check("look at locks", FileCalls.ioctl(file.value(), LockCall.LOOK, answer.address()));
            return new Found(answer.get(JAVA_LONG, 0), answer.get(JAVA_INT, 8), answer.get(JAVA_INT, 12));
        }
    }

    /** Has home keep the open file under that name until the move is decided. */
    public static void hold(Fd file, int pid, int number) throws Errno {
        call("hold locks", LockCall.HOLD, file, pid, number);
    }

    /** Makes a file that was opened by a restore take the place of the one that is kept under that name. */
    public static void adopt(Fd file, int pid, int number) throws Errno {
        call("adopt locks", LockCall.ADOPT, file, pid, number);
    }

    /**
     * The processes that have locked through an open file for themselves (POSIX locks), as this host numbers them, and
     * how many locks each.
     */
    public static Map<Integer, Integer> processes(Fd file) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            introduce(arena, file);
            MemorySegment answer = arena.allocate(LockCall.PROCESSES_BYTES, 8);
            check("look at locks", FileCalls.ioctl(file.value(), LockCall.PROCESSES, answer.address()));
            Map<Integer, Integer> processes = new TreeMap<>();
            for (long at = 0; at < answer.byteSize() && answer.get(JAVA_LONG, at) != 0; at += 8)
                processes.put(answer.get(JAVA_INT, at), answer.get(JAVA_INT, at + 4));
            return processes;
        }
    }

    /**
     * Has home keep what a process has locked through an open file for itself, under that name, until the move is
     * decided.
     *
     * @param process as this host numbers it
     */
    public static void holdProcess(Fd file, int pid, int number, int process) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            named(arena, "hold locks", LockCall.HOLD_PROCESS, file, pid, number, process);
        }
    }

    /**
     * Makes who asked for a lock through this open file last, a process that has been restored, hold what is kept under
     * that name.
     *
     * @param process as this host numbers it
     */
    public static void adoptProcess(Fd file, int pid, int number, int process) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            named(arena, "adopt locks", LockCall.ADOPT_PROCESS, file, pid, number, process);
        }
    }

    private static void call(String what, int command, Fd file, int pid, int number) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            introduce(arena, file);
            named(arena, what, command, file, pid, number);
        }
    }

    private static void named(Arena arena, String what, int command, Fd file, int... name) throws Errno {
        MemorySegment words = arena.allocateFrom(JAVA_INT, name);
        check(what, FileCalls.ioctl(file.value(), command, words.address()));
    }

    /** Asks as the open file: so home hears its number as an owner. */
    private static void introduce(Arena arena, Fd file) throws Errno {
        MemorySegment lock = arena.allocate(32, 8);
        lock.set(JAVA_SHORT, 0, F_WRLCK);
        check("ask for locks", FileCalls.fcntl(file.value(), FileCalls.F_OFD_GETLK, lock.address()));
    }

    private static void check(String what, long result) throws Errno {
        if (result < 0) throw new Errno(what, (int) -result);
    }
}

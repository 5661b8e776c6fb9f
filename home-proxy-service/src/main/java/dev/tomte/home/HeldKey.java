package dev.tomte.home;

import java.io.IOException;
import java.util.List;

/**
 * Under what the home stub keeps an open file, with the locks that are on it, while its process moves: the source puts
 * it there, the target takes it. It is never all that holds a lock: until the move has been decided the source's copy
 * has the same open file too.
 */
public final class HeldKey {
    private static final String FILES = "held/";
    private static final String PROCESSES = "posix/";

    private HeldKey() {}

    /** A process's descriptor; the process as its pod sees it. */
    public record Descriptor(int pid, int number) {}

    /**
     * The key of an open file that has locks of its own.
     *
     * @param pid of a task that has it open, as its pod sees it
     * @param number of that task's descriptor
     */
    public static String of(int pid, int number) {
        return FILES + pid + "-" + number;
    }

    /**
     * The key of the open file on which home holds a process's POSIX locks of a file while the process is away.
     *
     * @param pid of the process, as its pod sees it
     * @param number of a descriptor by which it reaches the file
     */
    public static String ofProcess(int pid, int number) {
        return PROCESSES + pid + "-" + number;
    }

    /** Of what processes locks are kept, by {@link #ofProcess}. */
    public static List<Descriptor> processes(Keeper keeper) throws IOException {
        return keeper.keys(PROCESSES).stream().map(HeldKey::descriptor).toList();
    }

    private static Descriptor descriptor(String key) {
        String[] numbers = key.substring(PROCESSES.length()).split("-", 2);
        return new Descriptor(Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1]));
    }

    /** Forgets all that is kept so: no move is under way any more, or it has been decided between two guests. */
    public static void dropAll(Keeper keeper) throws IOException {
        dropFiles(keeper);
        dropProcesses(keeper);
    }

    /** Forgets the open files with locks of their own: who has won has them. */
    public static void dropFiles(Keeper keeper) throws IOException {
        for (String key : List.copyOf(keeper.keys(FILES))) keeper.drop(key);
    }

    /** Forgets the POSIX locks: who has won has them. */
    public static void dropProcesses(Keeper keeper) throws IOException {
        for (String key : List.copyOf(keeper.keys(PROCESSES))) keeper.drop(key);
    }
}

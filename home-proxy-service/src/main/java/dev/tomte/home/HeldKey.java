package dev.tomte.home;

import java.io.IOException;
import java.util.List;

/**
 * Under what the home stub keeps an open file, with the locks that are on it, while its process moves: the source puts
 * it there, the target takes it. It is never all that holds a lock: until the move has been decided the source's copy
 * has the same open file too.
 */
public final class HeldKey {
    private static final String PREFIX = "held/";

    private HeldKey() {}

    /**
     * The key of an open file.
     *
     * @param pid of a task that has it open, as its pod sees it
     * @param number of that task's descriptor
     */
    public static String of(int pid, int number) {
        return PREFIX + pid + "-" + number;
    }

    /** Forgets all that is kept so: no move is under way any more, or it has been decided. */
    public static void dropAll(Keeper keeper) throws IOException {
        for (String key : List.copyOf(keeper.keys(PREFIX))) keeper.drop(key);
    }
}

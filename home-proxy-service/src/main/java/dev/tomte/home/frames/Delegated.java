package dev.tomte.home.frames;

import java.time.Duration;

/**
 * A file that home has delegated: the guest's agent answers those who open it for reading, as long as home has not recalled
 * it and has been heard of lately (what NFSv4 calls a read delegation, RFC 8881, 10.4). All of them share one open file at
 * home. The kernel numbers each open by the delegation's number and a serial number above it.
 */
public final class Delegated {
    /** Set in the number of a delegation's open file at home, and in no other's. */
    private static final long MARK = 1L << 39;

    private static final int SERIAL_SHIFT = 40;

    /** How often one may be opened. */
    public static final int MOST_OPENS = (1 << 23) - 1;

    /**
     * The notice: after the header the file's node (u64), the delegation's number (u64), what an open is answered (FOPEN_
     * flags, u32), for which user (u32), how many delegations there may be now (u32), and 4 bytes of nothing.
     */
    public static final int NOTICE_BYTES = Fuse.OUT_HEADER + 32;

    /**
     * So long after the guest has asked for it, a sign of life of home's lets files be opened. Whoever wants to write at home
     * waits longest so long, for a guest that has died; it must be longer than the guest's pause between two questions.
     */
    public static final Duration TERM = Duration.ofSeconds(3);

    private Delegated() {}

    /** The delegation's number for what is the open file so many. */
    public static long number(long count) {
        return count % MARK | MARK;
    }

    /** The count that was made a number, of this or of another sort of open file. */
    public static long count(long number) {
        return number & (MARK - 1);
    }

    /** Whether it is a delegation's own number. */
    public static boolean is(long number) {
        return number >>> SERIAL_SHIFT == 0 && (number & MARK) != 0;
    }

    /** The number of an open by a delegation. */
    public static long open(long delegation, int serial) {
        return (long) serial << SERIAL_SHIFT | delegation;
    }

    /** Whether it is the number of an open by a delegation. */
    public static boolean isOpen(long number) {
        return number >>> SERIAL_SHIFT != 0 && (number & MARK) != 0;
    }

    /** The delegation's number of an open. */
    public static long of(long open) {
        return open & ((1L << SERIAL_SHIFT) - 1);
    }
}

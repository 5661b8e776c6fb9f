package dev.tomte.home.frames;

/**
 * ioctls by which the host of a guest and its home speak of the locks of one open file. Each of the first three follows an
 * F_OFD_GETLK on the same descriptor, which tells home by what number the guest's kernel calls the open file itself as an
 * owner.
 */
public final class LockCall {
    /** Answers {handle u64, its locks u32, locks of others u32}. */
    public static final int LOOK = 0x8010eb01;

    /** Says {pid u32, descriptor u32}: home keeps the open file, with its locks, for the target of a move. */
    public static final int HOLD = 0x4008eb02;

    /** Says {pid u32, descriptor u32}: from now on it is what was held so. Only during a restore. */
    public static final int ADOPT = 0x4008eb03;

    /**
     * Answers {process u32, its locks u32} for each process that has locked through the open file for itself; as the
     * guest's host numbers processes. Ends with a 0, or with {@link #PROCESSES_BYTES}.
     */
    public static final int PROCESSES = 0x8800eb04;

    public static final int PROCESSES_BYTES = 2048;

    /** Says {pid u32, descriptor u32, process u32}: the same of what that process has locked through the open file. */
    public static final int HOLD_PROCESS = 0x400ceb05;

    /**
     * Says {pid u32, descriptor u32, process u32}: who asked for a lock through this open file last, an F_GETLK of the
     * process's own, holds what was held so. Only during a restore.
     */
    public static final int ADOPT_PROCESS = 0x400ceb06;

    private LockCall() {}

    /** Whether an ioctl(2)'s command is one of these. */
    public static boolean is(int command) {
        return switch (command) {
            case LOOK, HOLD, ADOPT, PROCESSES, HOLD_PROCESS, ADOPT_PROCESS -> true;
            default -> false;
        };
    }
}

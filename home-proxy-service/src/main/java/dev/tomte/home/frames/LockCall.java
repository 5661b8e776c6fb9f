package dev.tomte.home.frames;

/**
 * ioctls by which the host of a guest and its home speak of the locks of one open file. Each follows an F_OFD_GETLK on
 * the same descriptor, which tells home by what number the guest's kernel calls the open file itself as an owner.
 */
public final class LockCall {
    /** Answers {handle u64, its locks u32, locks of others u32}. */
    public static final int LOOK = 0x8010eb01;

    /** Says {pid u32, descriptor u32}: home keeps the open file, with its locks, for the target of a move. */
    public static final int HOLD = 0x4008eb02;

    /** Says {pid u32, descriptor u32}: from now on it is what was held so. Only during a restore. */
    public static final int ADOPT = 0x4008eb03;

    private LockCall() {}
}

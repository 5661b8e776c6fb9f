package dev.tomte.home.origin;

import dev.tomte.home.frames.Fuse;
import dev.tomte.linux.Errno;

/** INIT: what the guest's kernel offers and what home wants of it. */
final class Init {
    private static final int MAJOR = 7;
    /** The newest minor version whose messages are understood here. */
    private static final int MINOR = 45;
    /** The oldest, which has INIT_EXT. */
    private static final int OLDEST = 36;

    private static final long ASYNC_READ = 1;
    private static final long POSIX_LOCKS = 1 << 1;
    private static final long ATOMIC_O_TRUNC = 1 << 3;
    private static final long BIG_WRITES = 1 << 5;
    private static final long DONT_MASK = 1 << 6;
    private static final long FLOCK_LOCKS = 1 << 10;
    private static final long AUTO_INVAL_DATA = 1 << 12;
    private static final long READDIRPLUS = 1 << 13;
    private static final long ASYNC_DIO = 1 << 15;
    private static final long PARALLEL_DIROPS = 1 << 18;
    private static final long POSIX_ACL = 1 << 20;
    private static final long MAX_PAGES = 1 << 22;
    private static final long CACHE_SYMLINKS = 1 << 23;
    private static final long EXPLICIT_INVAL_DATA = 1 << 25;
    private static final long HANDLE_KILLPRIV_V2 = 1 << 28;
    private static final long INIT_EXT = 1 << 30;
    private static final long DIRECT_IO_ALLOW_MMAP = 1L << 36;
    private static final long HAS_RESEND = 1L << 39;

    /**
     * No writeback cache: when write() returns, the data is at home. READDIRPLUS always: a listing is followed by stats.
     */
    private static final long WANTED = ASYNC_READ
            | POSIX_LOCKS
            | ATOMIC_O_TRUNC
            | BIG_WRITES
            | DONT_MASK
            | FLOCK_LOCKS
            | READDIRPLUS
            | ASYNC_DIO
            | PARALLEL_DIROPS
            | MAX_PAGES
            | CACHE_SYMLINKS
            | HANDLE_KILLPRIV_V2
            | INIT_EXT
            | DIRECT_IO_ALLOW_MMAP
            | HAS_RESEND;

    private static final int BACKGROUND = 64;

    private Init() {}

    /** @param told whether the guest's kernel is told of changes, and need not guess them from times */
    static void answer(Call call, boolean told) throws Refused {
        Request request = call.request;
        int minor = request.u32(4);
        int low = request.u32(12);
        if (request.u32(0) != MAJOR || minor < OLDEST || (low & INIT_EXT) == 0) throw new Refused(Errno.EOPNOTSUPP);
        long offered = (low & 0xffffffffL) | ((long) request.u32(16) << 32);
        if ((offered & HAS_RESEND) == 0) throw new Refused(Errno.EOPNOTSUPP);
        boolean isOld = !call.rareAttributes.isWanted();
        // an agent that asked home about each file would add a round trip to the first look at each
        long lists = isOld ? 0 : POSIX_ACL;
        long flags = (WANTED | lists | (told ? EXPLICIT_INVAL_DATA : AUTO_INVAL_DATA)) & offered;
        call.reply
                .u32(MAJOR)
                .u32(Math.min(minor, MINOR))
                .u32(Math.min(request.u32(8), Fuse.MAX_READ))
                .u32((int) flags)
                .u32(BACKGROUND | ((BACKGROUND * 3 / 4) << 16))
                .u32(isOld ? Fuse.OLD_MAX_WRITE : Fuse.MAX_WRITE)
                .u32(1)
                .u32(Fuse.MAX_READ / 4096)
                .u32((int) (flags >>> 32))
                .zeros(28);
    }
}

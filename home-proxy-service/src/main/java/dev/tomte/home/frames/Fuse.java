package dev.tomte.home.frames;

/** Numbers of the kernel's FUSE protocol (linux/fuse.h), and of the frames of our own that travel with it. */
public final class Fuse {
    public static final int LOOKUP = 1;
    public static final int FORGET = 2;
    public static final int GETATTR = 3;
    public static final int SETATTR = 4;
    public static final int READLINK = 5;
    public static final int SYMLINK = 6;
    public static final int MKNOD = 8;
    public static final int MKDIR = 9;
    public static final int UNLINK = 10;
    public static final int RMDIR = 11;
    public static final int RENAME = 12;
    public static final int LINK = 13;
    public static final int OPEN = 14;
    public static final int READ = 15;
    public static final int WRITE = 16;
    public static final int STATFS = 17;
    public static final int RELEASE = 18;
    public static final int FSYNC = 20;
    public static final int SETXATTR = 21;
    public static final int GETXATTR = 22;
    public static final int LISTXATTR = 23;
    public static final int REMOVEXATTR = 24;
    public static final int FLUSH = 25;
    public static final int INIT = 26;
    public static final int OPENDIR = 27;
    public static final int READDIR = 28;
    public static final int RELEASEDIR = 29;
    public static final int FSYNCDIR = 30;
    public static final int GETLK = 31;
    public static final int SETLK = 32;
    public static final int SETLKW = 33;
    public static final int ACCESS = 34;
    public static final int CREATE = 35;
    public static final int INTERRUPT = 36;
    public static final int DESTROY = 38;
    public static final int IOCTL = 39;
    public static final int BATCH_FORGET = 42;
    public static final int FALLOCATE = 43;
    public static final int READDIRPLUS = 44;
    public static final int RENAME2 = 45;
    public static final int LSEEK = 46;
    public static final int COPY_FILE_RANGE = 47;
    public static final int TMPFILE = 51;
    public static final int STATX = 52;

    /** Everything that was sent before on this connection is done when this is answered: how many locks are held. */
    public static final int FENCE = 0x544d0001;
    /** Answers have arrived and need not be remembered: their numbers follow. */
    public static final int ACKNOWLEDGE = 0x544d0002;
    /** The mount has ended. */
    public static final int BYE = 0x544d0003;
    /** Are you there? */
    public static final int PING = 0x544d0004;

    /**
     * The first frame of a connection, from agents that answer for files that they are not told of by {@link #LISTED}:
     * home answers it, if it tells.
     */
    public static final int ANSWERS_FOR_RARE_ATTRIBUTES = 0x544d0007;
    /** A notice: files that have a POSIX access list or capabilities, by number; 0: every file may have such. */
    public static final int LISTED = 0x544d0006;

    /** From agents that open {@link Delegated} files by themselves: home answers it, if it delegates. */
    public static final int OPENS_DELEGATED = 0x544d0008;
    /** A notice: the guest's agent may open a file for reading by itself. */
    public static final int DELEGATED = 0x544d0009;
    /** Home to guest, beside its signs of life: it may not any more. */
    public static final int RECALL = 0x544d000a;
    /** Guest to home, there too: it does not any more. */
    public static final int RECALLED = 0x544d000b;
    /** The same, and nobody has the file open by that any more. */
    public static final int RETURNED = 0x544d000c;

    /**
     * An extended attribute of the root, which only its first number has: home's volumes that are read-only or noexec
     * unlike what they are mounted on, or the reverse. Each is MOUNT_ATTR_ flags in decimal, a space, a path and NUL.
     */
    public static final String VOLUMES = "trusted.tomte-volumes";

    public static final int IN_HEADER = 40;
    public static final int OUT_HEADER = 16;
    public static final long ROOT = 1;
    /**
     * The root's other number, of its name in itself. A kernel never remembers that an inode has no access list if it
     * knew the inode before INIT, as it does the root: a guest's root is this one.
     */
    public static final long ROOT_AGAIN = 1L << 40;

    public static final String ROOT_AGAIN_NAME = ".tomte-root";

    /** Set in the number of a request that the kernel sends again. */
    public static final long RESENT = 1L << 63;
    /** Set in the numbers of our own frames; the kernel counts up from zero and does not get here. */
    public static final long OWN = 1L << 62;

    public static final int NOTIFY_INVAL_INODE = 2;
    public static final int NOTIFY_INVAL_ENTRY = 3;
    public static final int NOTIFY_RESEND = 7;
    public static final int NOTIFY_PRUNE = 9;

    /** The offset in NOTIFY_INVAL_INODE that leaves the pages alone: that never waits. */
    public static final long ATTRIBUTES_ONLY = -1;

    /** The largest write: each is a round trip. */
    public static final int MAX_WRITE = 512 << 10;
    /** The largest that an agent has room for that does not answer for rare attributes. */
    public static final int OLD_MAX_WRITE = 128 << 10;
    /** The largest read, by read-ahead. */
    public static final int MAX_READ = 1 << 20;
    /** A write or an extended attribute (64 KiB) and its headers, with room to spare. */
    public static final int MAX_REQUEST = MAX_WRITE + 8192;

    public static final int MAX_REPLY = MAX_READ + 4096;

    private Fuse() {}
}

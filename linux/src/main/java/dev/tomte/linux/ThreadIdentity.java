package dev.tomte.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * As whom one platform thread touches files, and with what umask. The kernel keeps this per thread: the JVM's other
 * threads stay what they are. Only the thread that made it may use it, and only a platform thread may.
 */
public final class ThreadIdentity {
    private static final long CAPGET = 125;
    private static final long CAPSET = 126;
    private static final long SETGROUPS = 116;
    private static final long SETFSUID = 122;
    private static final long SETFSGID = 123;
    private static final long UMASK = 95;
    private static final long UNSHARE = 272;
    private static final long GETTID = 186;
    private static final int CLONE_FS = 0x200;
    private static final int CAPABILITY_VERSION_3 = 0x20080522;

    private final MemorySegment header = Arena.ofAuto().allocate(8, 8);
    private final MemorySegment sets = Arena.ofAuto().allocate(24, 8);
    private int uid;
    private int gid;
    private List<Integer> groups = List.of();
    private boolean capable = true;

    private ThreadIdentity() {
        header.set(JAVA_INT, 0, CAPABILITY_VERSION_3);
    }

    /** Gives the calling thread a current directory, root and umask (0) of its own. It acts as root, without groups. */
    public static ThreadIdentity ofThisThread() throws Errno {
        if (Thread.currentThread().isVirtual()) throw new IllegalStateException("a virtual thread has no identity");
        ThreadIdentity identity = new ThreadIdentity();
        Syscall.check("unshare the file system context", Syscall.raw(UNSHARE, CLONE_FS));
        Syscall.raw(UMASK, 0);
        Syscall.check("capget", Syscall.raw(CAPGET, identity.header.address(), identity.sets.address()));
        Syscall.check("setgroups", Syscall.raw(SETGROUPS, 0, 0));
        identity.setFsIds(0, 0);
        identity.effective(true);
        return identity;
    }

    /** The calling platform thread's number (gettid(2)). */
    public static int number() {
        return (int) Syscall.raw(GETTID, 0);
    }

    /** From now on the thread is that user, with no capability at all: also if the user is root. */
    public void user(int uid, int gid, List<Integer> groups) throws Errno {
        if (!capable && uid == this.uid && gid == this.gid && groups.equals(this.groups)) return;
        effective(true);
        setGroups(groups);
        setFsIds(uid, gid);
        effective(false);
    }

    /** The thread's umask from now on; returns the former. */
    public static int umask(int mask) {
        return (int) Syscall.raw(UMASK, mask);
    }

    /** From now on the thread is root, with all that this process may do. */
    public void root() throws Errno {
        if (capable && uid == 0 && gid == 0 && groups.isEmpty()) return;
        effective(true);
        setFsIds(0, 0);
        setGroups(List.of());
        effective(true);
    }

    /** Does something as root, and is again who it was. */
    public long asRoot(LongSupplier action) throws Errno {
        boolean wasCapable = capable;
        int formerUid = uid;
        int formerGid = gid;
        List<Integer> formerGroups = groups;
        root();
        try {
            return action.getAsLong();
        } finally {
            if (!wasCapable) user(formerUid, formerGid, formerGroups);
        }
    }

    private void setGroups(List<Integer> groups) throws Errno {
        if (groups.equals(this.groups)) return;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ids = arena.allocateFrom(
                    JAVA_INT, groups.stream().mapToInt(Integer::intValue).toArray());
            Syscall.check("setgroups", Syscall.raw(SETGROUPS, groups.size(), ids.address()));
        }
        this.groups = List.copyOf(groups);
    }

    /** These calls do not say that they failed: the only way to know is to ask again. */
    private void setFsIds(int uid, int gid) throws Errno {
        Syscall.raw(SETFSGID, gid);
        if (Syscall.raw(SETFSGID, -1) != gid) throw new Errno("setfsgid " + gid, Errno.EPERM);
        Syscall.raw(SETFSUID, uid);
        if (Syscall.raw(SETFSUID, -1) != uid) throw new Errno("setfsuid " + uid, Errno.EPERM);
        this.uid = uid;
        this.gid = gid;
    }

    private void effective(boolean all) throws Errno {
        for (int half = 0; half < 2; half++)
            sets.set(JAVA_INT, half * 12L, all ? sets.get(JAVA_INT, half * 12L + 4) : 0);
        Syscall.check("capset", Syscall.raw(CAPSET, header.address(), sets.address()));
        capable = all;
    }
}

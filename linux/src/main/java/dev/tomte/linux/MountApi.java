package dev.tomte.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The mount calls that work on descriptors: fsopen(2) and its kin. They act in the calling thread's namespace. */
public final class MountApi {
    public static final long MOUNT_ATTR_RDONLY = 1;
    public static final long MOUNT_ATTR_NOSUID = 2;
    public static final long MOUNT_ATTR_NODEV = 4;
    public static final long MOUNT_ATTR_NOEXEC = 8;
    public static final int AT_RECURSIVE = 0x8000;
    public static final int MNT_DETACH = 2;

    private static final long MOUNT = 165;
    private static final long PIVOT_ROOT = 155;
    private static final long FCHDIR = 81;
    private static final long UMOUNT2 = 166;
    private static final long OPEN_TREE = 428;
    private static final long MOVE_MOUNT = 429;
    private static final long FSOPEN = 430;
    private static final long FSCONFIG = 431;
    private static final long FSMOUNT = 432;
    private static final long MOUNT_SETATTR = 442;
    private static final int CLOEXEC = 1;
    private static final int OPEN_TREE_CLOEXEC = 0x80000;
    private static final int OPEN_TREE_CLONE = 1;
    private static final int FSCONFIG_SET_FLAG = 0;
    private static final int FSCONFIG_SET_STRING = 1;
    private static final int FSCONFIG_CMD_CREATE = 6;
    private static final int MOVE_MOUNT_F_EMPTY_PATH = 4;
    private static final int MS_REC_PRIVATE = 0x4000 | 0x40000;

    private MountApi() {}

    /** A context for a new file system of that type. */
    public static Fd open(String type) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            return new Fd((int) Syscall.check("fsopen " + type, Syscall.raw(FSOPEN, text(arena, type), CLOEXEC)));
        }
    }

    public static void set(Fd context, String key, String value) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            Syscall.check(
                    "fsconfig " + key,
                    Syscall.raw(
                            FSCONFIG, context.value(), FSCONFIG_SET_STRING, text(arena, key), text(arena, value), 0));
        }
    }

    public static void set(Fd context, String flag) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            Syscall.check(
                    "fsconfig " + flag,
                    Syscall.raw(FSCONFIG, context.value(), FSCONFIG_SET_FLAG, text(arena, flag), 0, 0));
        }
    }

    public static void create(Fd context) throws Errno {
        Syscall.check("fsconfig create", Syscall.raw(FSCONFIG, context.value(), FSCONFIG_CMD_CREATE, 0, 0, 0));
    }

    /** A mount of a created file system that is not attached anywhere yet; it ends with its descriptor. */
    public static Fd mount(Fd context, long attributes) throws Errno {
        return new Fd((int) Syscall.check("fsmount", Syscall.raw(FSMOUNT, context.value(), CLOEXEC, attributes)));
    }

    /** A detached copy of the mounts at a path and below. */
    public static Fd copy(String path) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            return new Fd((int) Syscall.check(
                    "open_tree " + path,
                    Syscall.raw(
                            OPEN_TREE,
                            FileCalls.AT_FDCWD,
                            text(arena, path),
                            OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE)));
        }
    }

    /** Attaches a detached mount. */
    public static void attach(Fd mount, String path) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            Syscall.check(
                    "move_mount to " + path,
                    Syscall.raw(
                            MOVE_MOUNT,
                            mount.value(),
                            text(arena, ""),
                            FileCalls.AT_FDCWD,
                            text(arena, path),
                            MOVE_MOUNT_F_EMPTY_PATH));
        }
    }

    /** Sets MOUNT_ATTR_ flags on a mount and all below it. */
    public static void restrict(Fd mount, long attributes) throws Errno {
        change(mount, attributes, 0, AT_RECURSIVE);
    }

    /** Sets and clears MOUNT_ATTR_ flags on one mount. */
    public static void change(Fd mount, long set, long clear) throws Errno {
        change(mount, set, clear, 0);
    }

    private static void change(Fd mount, long set, long clear, int flags) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment change = arena.allocate(32, 8);
            change.set(JAVA_LONG, 0, set);
            change.set(JAVA_LONG, 8, clear);
            Syscall.check(
                    "mount_setattr",
                    Syscall.raw(
                            MOUNT_SETATTR,
                            mount.value(),
                            text(arena, ""),
                            FileCalls.AT_EMPTY_PATH | flags,
                            change.address(),
                            32));
        }
    }

    /** From here on nothing that is mounted or unmounted shows in another namespace. */
    public static void makePrivate() throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            Syscall.check("make / private", Syscall.raw(MOUNT, 0, text(arena, "/"), 0, MS_REC_PRIVATE, 0));
        }
    }

    /** pivot_root(2) into a mount point, and the old root's end. The caller's current directory is then the new root. */
    public static void pivot(Fd newRoot, Fd oldRoot) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            long here = text(arena, ".");
            Syscall.check("fchdir to the new root", Syscall.raw(FCHDIR, newRoot.value()));
            Syscall.check("pivot_root", Syscall.raw(PIVOT_ROOT, here, here));
            Syscall.check("fchdir to the old root", Syscall.raw(FCHDIR, oldRoot.value()));
            Syscall.check("umount the old root", Syscall.raw(UMOUNT2, here, MNT_DETACH));
            Syscall.check("fchdir to the new root", Syscall.raw(FCHDIR, newRoot.value()));
        }
    }

    private static long text(Arena arena, String text) {
        return arena.allocateFrom(text).address();
    }
}

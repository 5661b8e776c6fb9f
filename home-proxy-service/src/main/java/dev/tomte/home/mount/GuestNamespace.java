package dev.tomte.home.mount;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.util.Objects.requireNonNull;

import dev.tomte.home.frames.Fuse;
import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.FileCalls;
import dev.tomte.linux.MountApi;
import dev.tomte.linux.Namespaces;
import dev.tomte.linux.OpenAt;
import dev.tomte.linux.ThreadIdentity;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Makes the guest's mount namespace: a copy of the guest pod's with home's files as the root. Kept local are /proc,
 * /dev and, if the pod has one, /sys; /dev/shm is home's. Only a descriptor keeps it.
 *
 * <p>The thread that makes it asks home for files, by this very JVM. Were the JVM killed meanwhile, the kernel would wait
 * for the answer before the thread, and with it the JVM, could die, unless the mount's last descriptor is closed. So the
 * thread has descriptors of its own, and not that one among them.
 */
final class GuestNamespace {
    private static final long SYSFS = 0x62656572L;
    private static final long PROC = 0x9fa0L;
    private static final long FUSE = 0x65735546L;
    private static final long RESTRICTIONS = MountApi.MOUNT_ATTR_RDONLY | MountApi.MOUNT_ATTR_NOEXEC;
    private static final int LONGEST_VALUE = 64 << 10;

    private final Fd mount;
    private final Fd podNamespace;
    /** The thread that is in the namespace when it has been made. */
    private final CompletableFuture<Integer> made = new CompletableFuture<>();

    private final CountDownLatch kept = new CountDownLatch(1);

    private GuestNamespace(Fd mount, Fd podNamespace) {
        this.mount = mount;
        this.podNamespace = podNamespace;
    }

    /**
     * Makes it.
     *
     * @param mount the FUSE mount, attached nowhere; home must answer its requests
     * @param stubPid the guest pod's stub
     */
    static Fd make(Fd mount, int stubPid) throws IOException {
        try (Fd podNamespace = OpenAt.open("/proc/" + stubPid + "/ns/mnt", OpenAt.O_RDONLY)) {
            AllocatorWarmth.ensure();
            GuestNamespace maker = new GuestNamespace(mount, podNamespace);
            // in the pod this JVM's class path cannot be reached: what the thread needs there is loaded before
            Class.forName(MountApi.class.getName());
            Class.forName(Namespaces.class.getName());
            Class.forName(ThreadIdentity.class.getName());
            new Errno("loaded", Errno.EIO).code();
            Thread.ofPlatform().name("home-namespace").start(maker::run);
            try {
                return OpenAt.open("/proc/self/task/" + maker.made.get() + "/ns/mnt", OpenAt.O_RDONLY);
            } finally {
                maker.kept.countDown();
            }
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        } catch (ExecutionException e) {
            Throwable why = requireNonNull(e.getCause());
            throw new IOException("the guest's namespace could not be made: " + why.getMessage(), why);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the guest's namespace was made", e);
        }
    }

    private void run() {
        try {
            Namespaces.keepOnly(mount, podNamespace);
            build();
            made.complete(ThreadIdentity.number());
            kept.await();
        } catch (Errno | InterruptedException | RuntimeException | Error e) {
            made.completeExceptionally(e);
        }
    }

    private void build() throws Errno {
        Namespaces.unshare(Namespaces.CLONE_FS);
        Namespaces.enter(podNamespace, Namespaces.CLONE_NEWNS);
        Namespaces.unshare(Namespaces.CLONE_NEWNS);
        MountApi.makePrivate();
        boolean hasSys = is("/sys", SYSFS);
        if (!is("/proc", PROC)) throw new Errno("the guest pod has no /proc", Errno.ENODEV);
        Fd oldRoot = OpenAt.open("/", OpenAt.O_PATH | OpenAt.O_DIRECTORY);
        Fd proc = MountApi.copy("/proc");
        Fd dev = MountApi.copy("/dev");
        Fd sys = hasSys ? MountApi.copy("/sys") : null;
        Fd procSys = null;
        Fd shm = null;
        Fd again = null;
        try {
            // any mount point will do until the pivot
            MountApi.attach(mount, "/proc");
            List<String> volumes = volumes("/proc");
            again = copyIfThere("/proc/" + Fuse.ROOT_AGAIN_NAME);
            if (again != null) MountApi.attach(again, "/proc");
            MountApi.pivot(again != null ? again : mount, oldRoot);
            // others are copies of it
            restrict(volumes, true);
            shm = copyIfThere("/dev/shm");
            MountApi.attach(proc, "/proc");
            procSys = MountApi.copy("/proc/sys");
            MountApi.restrict(procSys, MountApi.MOUNT_ATTR_RDONLY);
            MountApi.attach(procSys, "/proc/sys");
            MountApi.attach(dev, "/dev");
            if (shm != null) MountApi.attach(shm, "/dev/shm");
            if (sys != null) MountApi.attach(sys, "/sys");
            restrict(volumes, false);
        } finally {
            oldRoot.close();
            proc.close();
            dev.close();
            if (sys != null) sys.close();
            if (procSys != null) procSys.close();
            if (shm != null) shm.close();
            if (again != null) again.close();
        }
    }

    /** What home says of its volumes; nothing, if it does not know the question. */
    private static List<String> volumes(String mount) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(LONGEST_VALUE);
            long bytes = FileCalls.getxattr(
                    arena.allocateFrom(mount).address(),
                    arena.allocateFrom(Fuse.VOLUMES).address(),
                    value.address(),
                    LONGEST_VALUE);
            if (bytes <= 0) return List.of();
            return List.of(new String(value.asSlice(0, bytes).toArray(JAVA_BYTE), StandardCharsets.UTF_8).split("\0"));
        }
    }

    /** Makes the guest's kernel know what home says of its root, or of the other volumes. */
    private static void restrict(List<String> volumes, boolean root) throws Errno {
        for (String volume : volumes) {
            int blank = volume.indexOf(' ');
            long flags = Long.parseLong(volume, 0, blank, 10) & RESTRICTIONS;
            String path = volume.substring(blank + 1);
            if (path.equals("/") != root) continue;
            try (Fd on = root ? OpenAt.open(path, OpenAt.O_PATH) : MountApi.copy(path)) {
                // nothing but home's own files is home's to say anything about
                if (!isHomes(on)) continue;
                MountApi.change(on, flags, RESTRICTIONS & ~flags);
                if (!root) MountApi.attach(on, path);
            } catch (Errno e) {
                // the user cannot get there, or it has gone
                if (e.code() != Errno.EACCES && e.code() != Errno.ENOENT && e.code() != Errno.ENOTDIR) throw e;
            }
        }
    }

    private static boolean isHomes(Fd file) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(128, 8);
            return FileCalls.fstatfs(file.value(), buffer.address()) == 0 && buffer.get(JAVA_LONG, 0) == FUSE;
        }
    }

    private static @Nullable Fd copyIfThere(String path) throws Errno {
        try {
            return MountApi.copy(path);
        } catch (Errno e) {
            if (e.code() == Errno.ENOENT) return null;
            throw e;
        }
    }

    private static boolean is(String path, long magic) throws Errno {
        try (Fd directory = OpenAt.open(path, OpenAt.O_PATH | OpenAt.O_DIRECTORY);
                Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(128, 8);
            return FileCalls.fstatfs(directory.value(), buffer.address()) == 0 && buffer.get(JAVA_LONG, 0) == magic;
        } catch (Errno e) {
            if (e.code() == Errno.ENOENT) return false;
            throw e;
        }
    }
}

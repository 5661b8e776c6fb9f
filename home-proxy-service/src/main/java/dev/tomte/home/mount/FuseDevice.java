package dev.tomte.home.mount;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tomte.home.frames.Fuse;
import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.FileCalls;
import dev.tomte.linux.MountApi;
import dev.tomte.linux.OpenAt;
import dev.tomte.linux.Syscall;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A connection to the kernel's FUSE: /dev/fuse opened once for each pump. A request is answered on the descriptor that
 * it was read from.
 *
 * @param devices the first made the connection, the others are its clones
 * @param number the connection's, which is also the minor number of the file system's device
 */
record FuseDevice(List<Fd> devices, int number) implements AutoCloseable {
    private static final Logger LOG = System.getLogger(FuseDevice.class.getName());
    private static final long IOCTL = 16;
    private static final long FUSE_DEV_IOC_CLONE = 0x8004e500L;
    private static final int READ_AHEAD_KIB = 1024;
    /** statx(2) and linux/stat.h. */
    private static final int AT_STATX_DONT_SYNC = 0x4000;

    private static final int STATX_BYTES = 256;
    private static final int STATX_DEVICE_MINOR = 140;

    /** What making a connection gives: the mount is not attached to anything yet. */
    record Fresh(FuseDevice device, Fd mount) {}

    /** Makes a connection and its mount. INIT waits to be read and answered. */
    static Fresh create(int pumps) throws IOException {
        List<Fd> devices = new ArrayList<>();
        Fd mount = null;
        try {
            Fd first = open();
            devices.add(first);
            try (Fd context = MountApi.open("fuse")) {
                MountApi.set(context, "source", "tomte-home");
                MountApi.set(context, "fd", Integer.toString(first.value()));
                MountApi.set(context, "rootmode", "40000");
                MountApi.set(context, "user_id", "0");
                MountApi.set(context, "group_id", "0");
                MountApi.set(context, "max_read", Integer.toString(Fuse.MAX_READ));
                MountApi.set(context, "allow_other");
                MountApi.set(context, "default_permissions");
                MountApi.create(context);
                mount = MountApi.mount(context, MountApi.MOUNT_ATTR_NOSUID | MountApi.MOUNT_ATTR_NODEV);
            }
            while (devices.size() < pumps) devices.add(clone(first));
            return new Fresh(new FuseDevice(List.copyOf(devices), minor(mount)), mount);
        } catch (IOException e) {
            if (mount != null) mount.close();
            devices.forEach(Fd::close);
            throw e;
        }
    }

    private static Fd open() throws Errno {
        return OpenAt.open("/dev/fuse", OpenAt.O_RDWR | OpenAt.O_NONBLOCK);
    }

    private static Fd clone(Fd first) throws Errno {
        Fd clone = open();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment of = arena.allocate(JAVA_INT);
            of.set(JAVA_INT, 0, first.value());
            Syscall.check("clone of /dev/fuse", Syscall.raw(IOCTL, clone.value(), FUSE_DEV_IOC_CLONE, of.address()));
            return clone;
        } catch (Errno e) {
            clone.close();
            throw e;
        }
    }

    /** The minor number of a mount's device. Nothing is asked of who serves it, which may not have begun to. */
    private static int minor(Fd mount) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment found = arena.allocate(STATX_BYTES, 8);
            Syscall.check(
                    "statx of a FUSE mount",
                    FileCalls.statx(
                            mount.value(),
                            arena.allocateFrom("").address(),
                            FileCalls.AT_EMPTY_PATH | AT_STATX_DONT_SYNC,
                            0,
                            found.address()));
            return found.get(JAVA_INT, STATX_DEVICE_MINOR);
        }
    }

    /**
     * What an agent has kept that noted no number. It ran where the kernel tells it of a descriptor, which 6.12 does not.
     *
     * @throws IOException where this kernel does not
     */
    static FuseDevice unnumbered(List<Fd> devices) throws IOException {
        for (String line : Files.readAllLines(
                Path.of("/proc/self/fdinfo/" + devices.getFirst().value())))
            if (line.startsWith("fuse_connection:"))
                return new FuseDevice(
                        devices,
                        Integer.parseInt(line.substring(line.indexOf(':') + 1).strip()));
        throw new IOException("the kernel does not say which FUSE connection a descriptor belongs to");
    }

    /** Asks the kernel for every request again that was read and not answered. */
    void resend() throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment notice = arena.allocate(Fuse.OUT_HEADER, 8);
            notice.set(JAVA_INT, 0, Fuse.OUT_HEADER);
            notice.set(JAVA_INT, 4, Fuse.NOTIFY_RESEND);
            Syscall.check(
                    "FUSE_NOTIFY_RESEND",
                    FileCalls.write(devices.getFirst().value(), notice.address(), Fuse.OUT_HEADER));
        }
    }

    /** Answers a request that was read from that device; a caller that has gone is no error. */
    static void answer(Fd device, long unique, int errno) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment reply = arena.allocate(Fuse.OUT_HEADER, 8);
            reply.set(JAVA_INT, 0, Fuse.OUT_HEADER);
            reply.set(JAVA_INT, 4, -errno);
            reply.set(JAVA_LONG, 8, unique);
            FileCalls.write(device.value(), reply.address(), Fuse.OUT_HEADER);
        }
    }

    /** Read-ahead beyond the kernel's default, which INIT cannot raise: the biggest single win when reading. */
    void readAhead() {
        Path setting = Path.of("/sys/class/bdi/0:" + number + "/read_ahead_kb");
        try {
            Files.writeString(setting, Integer.toString(READ_AHEAD_KIB));
        } catch (IOException e) {
            LOG.log(Level.WARNING, "read-ahead stays the kernel''s default: {0}", e.getMessage());
        }
    }

    /** Ends the connection: every request, waiting or coming, fails. Works whatever state the pumps are in. */
    void abort() throws IOException {
        try (Fd context = MountApi.open("fusectl")) {
            MountApi.create(context);
            try (Fd control = MountApi.mount(context, 0);
                    Fd abort = OpenAt.open(control, number + "/abort", OpenAt.O_WRONLY);
                    Arena arena = Arena.ofConfined()) {
                Syscall.check(
                        "abort of FUSE connection " + number,
                        FileCalls.write(abort.value(), arena.allocateFrom("1").address(), 1));
            }
        }
    }

    @Override
    public void close() {
        devices.forEach(Fd::close);
    }
}

package dev.tomte.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A device of which one learns only that it was used: an evdev character device (linux/input.h), or a FIFO that stands
 * for one. What was pressed is overwritten as soon as it has been read; no method gives it away.
 */
public final class InputDevice implements AutoCloseable {
    private static final long READ = 0;
    private static final long IOCTL = 16;
    private static final long OPENAT = 257;
    private static final int AT_FDCWD = -100;
    /** A terminal must not become ours (NOCTTY), and a link must not lead elsewhere (NOFOLLOW). */
    private static final int NONBLOCK_NOCTTY_NOFOLLOW_CLOEXEC = 0x800 | 0x100 | 0x20000 | 0x80000;

    private static final int O_RDWR = 2;
    private static final int S_IFMT = 0xF000;
    private static final int S_IFIFO = 0x1000;
    private static final int S_IFCHR = 0x2000;
    /** EVIOCGBIT(0, 8): the kinds of events a device has. */
    private static final long EVIOCGBIT_KINDS = 0x80084520L;

    private static final int EV_KEY = 1;
    private static final int EV_REL = 2;
    private static final int EV_REPEAT = 0x14;
    private static final int CHUNK = 4096;
    /** A writer that never stops must not hold the reader: 16 chunks of a FIFO's 64 KiB. */
    private static final int CHUNKS = 16;

    private final Fd fd;
    private final String kind;

    private InputDevice(Fd fd, String kind) {
        this.fd = fd;
        this.kind = kind;
    }

    /**
     * Opens it, not waiting for anybody.
     *
     * @return empty if it is no device that a person uses: no character device and no FIFO, no evdev device, or one
     *     that has neither keys nor movement (a lid switch, an accelerometer, a loudspeaker)
     * @throws IOException if it may not be opened, or is gone
     */
    public static Optional<InputDevice> open(Path path) throws IOException {
        int type = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS) & S_IFMT;
        if (type == S_IFIFO) {
            // opened for both, so that a writer that leaves is not an end of file
            Fd fd = open(path, O_RDWR);
            return Optional.of(
                    new InputDevice(fd, path.getFileName().toString().startsWith("mouse") ? "mouse" : "keyboard"));
        }
        if (type != S_IFCHR) return Optional.empty();
        Fd fd = open(path, 0);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment kinds = arena.allocate(8, 8);
            long answer = Syscall.raw(IOCTL, fd.value(), EVIOCGBIT_KINDS, kinds.address());
            int bits = answer < 0 ? 0 : kinds.get(JAVA_BYTE, 0) & 0xff;
            boolean keys = (bits & (1 << EV_KEY)) != 0;
            boolean moves = (bits & (1 << EV_REL)) != 0;
            if (!keys && !moves) {
                fd.close();
                return Optional.empty();
            }
            boolean repeats = (kinds.get(JAVA_BYTE, EV_REPEAT / 8) & (1 << (EV_REPEAT % 8))) != 0;
            return Optional.of(new InputDevice(fd, repeats ? "keyboard" : moves ? "mouse" : "input device"));
        }
    }

    private static Fd open(Path path, int access) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(path.toString());
            return new Fd((int) Syscall.check(
                    "open " + path,
                    Syscall.raw(OPENAT, AT_FDCWD, name.address(), access | NONBLOCK_NOCTTY_NOFOLLOW_CLOEXEC, 0)));
        }
    }

    /** For {@link Poll}; it stays this object's. */
    public Fd fd() {
        return fd;
    }

    /** "keyboard", "mouse" or "input device". */
    public String kind() {
        return kind;
    }

    /**
     * Takes what there is, forgets it, and does not wait.
     *
     * @return whether there was anything
     * @throws Errno ENODEV if the device has been unplugged
     */
    public boolean used() throws Errno {
        boolean used = false;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment scratch = arena.allocate(CHUNK, 8);
            for (int i = 0; i < CHUNKS; i++) {
                long count = Syscall.raw(READ, fd.value(), scratch.address(), CHUNK);
                scratch.fill((byte) 0);
                if (count == -Errno.EINTR) continue;
                if (count == -Errno.EAGAIN || count == 0) break;
                Syscall.check("read an input device", count);
                used = true;
                if (count < CHUNK) break;
            }
        }
        return used;
    }

    @Override
    public void close() {
        fd.close();
    }
}

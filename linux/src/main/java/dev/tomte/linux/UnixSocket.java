package dev.tomte.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A SOCK_SEQPACKET socket of AF_UNIX, which carries whole messages and descriptors (unix(7)). One thread may send
 * while another receives; further threads on one direction must be kept apart by the caller.
 */
public final class UnixSocket implements AutoCloseable {
    /** The most descriptors that one message carries here (the kernel's own bound is 253). */
    public static final int MAX_FDS = 16;

    private static final long SOCKET = 41;
    private static final long CONNECT = 42;
    private static final long SENDMSG = 46;
    private static final long RECVMSG = 47;
    private static final long SHUTDOWN = 48;
    private static final long SOCKETPAIR = 53;
    private static final long SETSOCKOPT = 54;
    private static final long GETSOCKOPT = 55;
    private static final long OPENAT = 257;
    private static final int AF_UNIX = 1;
    private static final int SOCK_SEQPACKET_CLOEXEC = 5 | 0x80000;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int SO_PEERCRED = 17;
    private static final int SO_RCVTIMEO = 20;
    private static final int SO_SNDTIMEO = 21;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;
    private static final int MSG_CTRUNC = 8;
    private static final int MSG_TRUNC = 0x20;
    private static final int AT_FDCWD = -100;
    private static final int O_PATH_DIRECTORY = 0x200000 | 0x10000 | 0x80000;
    private static final int MSGHDR = 56;
    private static final int CMSG_HEADER = 16;
    private static final int SUN_PATH = 108;

    private final Fd fd;

    /** Takes ownership of a connected SOCK_SEQPACKET socket. */
    public UnixSocket(Fd fd) {
        this.fd = fd;
    }

    /** Who connected or listened at the other end, as this process' PID namespace sees it (0: outside of it). */
    public record Credentials(int pid, int uid, int gid) {}

    /** One message and the descriptors that came with it, which the receiver now owns. */
    public static final class Message implements AutoCloseable {
        private final byte[] bytes;
        private final List<Fd> fds;

        private Message(byte[] bytes, List<Fd> fds) {
            this.bytes = bytes;
            this.fds = fds;
        }

        public byte[] bytes() {
            return bytes;
        }

        public List<Fd> fds() {
            return fds;
        }

        @Override
        public void close() {
            fds.forEach(Fd::close);
        }
    }

    /** Two sockets connected with each other. */
    public record Pair(UnixSocket one, UnixSocket other) {}

    /** Connects to a listening socket; paths longer than sun_path are reached through their directory. */
    public static UnixSocket connect(Path path) throws Errno {
        byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
        if (name.length >= SUN_PATH) {
            Path directory = path.toAbsolutePath().getParent();
            if (directory == null) throw new Errno("connect " + path, Errno.EISDIR);
            try (Fd at = openDirectory(directory)) {
                return connect(Path.of(at.path(), path.getFileName().toString()));
            }
        }
        return connect(path.toString(), name, name.length + 1);
    }

    /** Connects to a socket by its abstract name in the calling thread's network namespace (unix(7)). */
    public static UnixSocket connectAbstract(String name) throws Errno {
        byte[] text = ("\0" + name).getBytes(StandardCharsets.UTF_8);
        if (text.length > SUN_PATH) throw new Errno("connect @" + name, Errno.EINVAL);
        return connect("@" + name, text, text.length);
    }

    private static UnixSocket connect(String what, byte[] name, int length) throws Errno {
        UnixSocket socket = new UnixSocket(
                new Fd((int) Syscall.check("socket", Syscall.raw(SOCKET, AF_UNIX, SOCK_SEQPACKET_CLOEXEC, 0))));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(2 + SUN_PATH, 8);
            address.set(JAVA_SHORT, 0, (short) AF_UNIX);
            MemorySegment.copy(name, 0, address, JAVA_BYTE, 2, name.length);
            Syscall.check("connect " + what, Syscall.raw(CONNECT, socket.fd.value(), address.address(), 2 + length));
            return socket;
        } catch (Errno e) {
            socket.close();
            throw e;
        }
    }

    private static Fd openDirectory(Path directory) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(directory.toString());
            return new Fd((int) Syscall.check(
                    "open " + directory, Syscall.raw(OPENAT, AT_FDCWD, name.address(), O_PATH_DIRECTORY, 0)));
        }
    }

    /** socketpair(2). */
    public static Pair pair() throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment both = arena.allocate(8, 8);
            Syscall.check("socketpair", Syscall.raw(SOCKETPAIR, AF_UNIX, SOCK_SEQPACKET_CLOEXEC, 0, both.address()));
            return new Pair(
                    new UnixSocket(new Fd(both.get(JAVA_INT, 0))), new UnixSocket(new Fd(both.get(JAVA_INT, 4))));
        }
    }

    public Fd fd() {
        return fd;
    }

    /** SO_PEERCRED: the other end's process at the time of its connect(2), listen(2) or socketpair(2). */
    public Credentials peer() throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment credentials = arena.allocate(12, 8);
            MemorySegment length = arena.allocate(4, 8);
            length.set(JAVA_INT, 0, 12);
            Syscall.check(
                    "getsockopt SO_PEERCRED",
                    Syscall.raw(
                            GETSOCKOPT, fd.value(), SOL_SOCKET, SO_PEERCRED, credentials.address(), length.address()));
            return new Credentials(
                    credentials.get(JAVA_INT, 0), credentials.get(JAVA_INT, 4), credentials.get(JAVA_INT, 8));
        }
    }

    /** How long {@link #receive} waits before it throws EAGAIN; zero: for ever. */
    public void receiveTimeout(Duration timeout) throws Errno {
        timeout(SO_RCVTIMEO, timeout);
    }

    /** How long {@link #send} waits before it throws EAGAIN; zero: for ever. */
    public void sendTimeout(Duration timeout) throws Errno {
        timeout(SO_SNDTIMEO, timeout);
    }

    private void timeout(int option, Duration timeout) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(16, 8);
            value.set(JAVA_LONG, 0, timeout.toSeconds());
            value.set(JAVA_LONG, 8, timeout.toNanosPart() / 1000);
            Syscall.check(
                    "setsockopt timeout", Syscall.raw(SETSOCKOPT, fd.value(), SOL_SOCKET, option, value.address(), 16));
        }
    }

    /** Sends one whole message; the descriptors stay the caller's. */
    public void send(byte[] bytes, List<Fd> fds) throws Errno {
        if (fds.size() > MAX_FDS) throw new IllegalArgumentException("too many descriptors: " + fds.size());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = arena.allocate(Math.max(1, bytes.length), 8);
            MemorySegment.copy(bytes, 0, data, JAVA_BYTE, 0, bytes.length);
            MemorySegment header = header(arena, data, bytes.length);
            if (!fds.isEmpty()) {
                int length = CMSG_HEADER + 4 * fds.size();
                MemorySegment control = arena.allocate((length + 7) & ~7, 8);
                control.set(JAVA_LONG, 0, length);
                control.set(JAVA_INT, 8, SOL_SOCKET);
                control.set(JAVA_INT, 12, SCM_RIGHTS);
                for (int i = 0; i < fds.size(); i++)
                    control.set(JAVA_INT, CMSG_HEADER + 4L * i, fds.get(i).value());
                header.set(JAVA_LONG, 32, control.address());
                header.set(JAVA_LONG, 40, control.byteSize());
            }
            long sent;
            do sent = Syscall.raw(SENDMSG, fd.value(), header.address(), MSG_NOSIGNAL);
            while (sent == -Errno.EINTR);
            Syscall.check("sendmsg", sent);
        }
    }

    /**
     * The next message; empty when the other end has closed.
     *
     * @param max the longest message accepted, in bytes; a longer one is an EIO
     */
    public Optional<Message> receive(int max) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = arena.allocate(max, 8);
            MemorySegment control = arena.allocate(CMSG_HEADER + 4L * MAX_FDS, 8);
            MemorySegment header = header(arena, data, max);
            header.set(JAVA_LONG, 32, control.address());
            header.set(JAVA_LONG, 40, control.byteSize());
            long received;
            do received = Syscall.raw(RECVMSG, fd.value(), header.address(), MSG_CMSG_CLOEXEC);
            while (received == -Errno.EINTR);
            Syscall.check("recvmsg", received);
            List<Fd> fds = descriptors(control, header.get(JAVA_LONG, 40));
            if ((header.get(JAVA_INT, 48) & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
                fds.forEach(Fd::close);
                throw new Errno("recvmsg: a message longer than " + max, Errno.EIO);
            }
            if (received == 0) return Optional.empty();
            byte[] bytes = data.asSlice(0, received).toArray(JAVA_BYTE);
            return Optional.of(new Message(bytes, fds));
        }
    }

    private static List<Fd> descriptors(MemorySegment control, long length) {
        List<Fd> fds = new ArrayList<>();
        if (length >= CMSG_HEADER && control.get(JAVA_INT, 8) == SOL_SOCKET && control.get(JAVA_INT, 12) == SCM_RIGHTS)
            for (long at = CMSG_HEADER; at + 4 <= Math.min(length, control.get(JAVA_LONG, 0)); at += 4)
                fds.add(new Fd(control.get(JAVA_INT, at)));
        return fds;
    }

    private static MemorySegment header(Arena arena, MemorySegment data, long length) {
        MemorySegment vector = arena.allocate(16, 8);
        vector.set(JAVA_LONG, 0, data.address());
        vector.set(JAVA_LONG, 8, length);
        MemorySegment header = arena.allocate(MSGHDR, 8);
        header.set(JAVA_LONG, 16, vector.address());
        header.set(JAVA_LONG, 24, 1);
        return header;
    }

    /** Ends both directions: a thread that waits in {@link #receive}, here or there, sees the end. */
    public void shutdown() {
        if (fd.isOpen()) Syscall.raw(SHUTDOWN, fd.value(), 2);
    }

    @Override
    public void close() {
        fd.close();
    }
}

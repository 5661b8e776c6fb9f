package dev.tomte.home;

import dev.tomte.contracts.Identity;
import dev.tomte.home.frames.Fuse;
import dev.tomte.home.frames.Hello;
import dev.tomte.home.frames.TlsChannel;
import dev.tomte.home.frames.Welcome;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** A guest that sends what it likes: no kernel stands between it and home. */
public final class RawGuest implements AutoCloseable {
    /** An answer: errno is 0 or positive. */
    public record Reply(int errno, ByteBuffer payload) {}

    private final TlsChannel channel;
    private final Set<Integer> notices = new HashSet<>();
    private long unique = 2;

    private RawGuest(TlsChannel channel) {
        this.channel = channel;
    }

    public static RawGuest connect(Path tls, int port, long epoch, String mount) throws IOException {
        return new RawGuest(opened(
                tls, port, new Hello(HomeFixture.PROCESS, HomeFixture.INCARNATION, epoch, mount, Hello.Kind.DATA)));
    }

    /** The connection for signs of life. */
    public static TlsChannel control(Path tls, int port, long epoch, String mount) throws IOException {
        return opened(
                tls, port, new Hello(HomeFixture.PROCESS, HomeFixture.INCARNATION, epoch, mount, Hello.Kind.CONTROL));
    }

    private static TlsChannel opened(Path tls, int port, Hello hello) throws IOException {
        TlsChannel channel = channel(tls, port);
        hello.send(channel);
        Welcome answer = Welcome.receive(channel);
        if (answer == Welcome.COME_IN) return channel;
        channel.close();
        throw new IOException(answer.toString());
    }

    public static TlsChannel channel(Path tls, int port) throws IOException {
        return TlsChannel.connect(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                "ws1",
                new Identity(tls),
                HomeFixture.SOON);
    }

    public long nextUnique() {
        return unique += 2;
    }

    public Reply call(int opcode, long node, int uid, byte[] body) throws IOException {
        long number = nextUnique();
        send(frame(opcode, number, node, uid, body));
        return receive(number);
    }

    public Reply call(int opcode, long node, byte[] body) throws IOException {
        return call(opcode, node, 1000, body);
    }

    public static ByteBuffer frame(int opcode, long number, long node, int uid, byte[] body) {
        return ByteBuffer.allocateDirect(Fuse.IN_HEADER + body.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(Fuse.IN_HEADER + body.length)
                .putInt(opcode)
                .putLong(number)
                .putLong(node)
                .putInt(uid)
                .putInt(uid)
                .putInt(1)
                .putInt(0)
                .put(body)
                .flip();
    }

    public void send(ByteBuffer bytes) throws IOException {
        channel.write(bytes);
    }

    public Reply receive(long number) throws IOException {
        while (true) {
            ByteBuffer header = ByteBuffer.allocate(Fuse.OUT_HEADER).order(ByteOrder.LITTLE_ENDIAN);
            channel.readFully(header);
            ByteBuffer payload =
                    ByteBuffer.allocate(header.getInt(0) - Fuse.OUT_HEADER).order(ByteOrder.LITTLE_ENDIAN);
            channel.readFully(payload);
            if (header.getLong(8) == 0) notices.add(header.getInt(4));
            if (header.getLong(8) == number) return new Reply(-header.getInt(4), payload.flip());
        }
    }

    /** Whether there was such a notice among the answers; from now on it counts as none. */
    public boolean hasHeard(int code) {
        return notices.remove(code);
    }

    /** Whether home has closed the connection. */
    public boolean isDropped() throws IOException {
        return channel.read(ByteBuffer.allocate(1)) < 0;
    }

    /** A body: integers of 4 or 8 bytes, texts that end with NUL, and bytes. */
    public static byte[] body(Object... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Object part : parts) {
            byte[] bytes = switch (part) {
                case Integer i ->
                    ByteBuffer.allocate(4)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putInt(i)
                            .array();
                case Long l ->
                    ByteBuffer.allocate(8)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putLong(l)
                            .array();
                case String s -> (s + "\0").getBytes(StandardCharsets.UTF_8);
                case byte[] b -> b;
                default -> throw new IllegalArgumentException(part.toString());
            };
            out.writeBytes(bytes);
        }
        return out.toByteArray();
    }

    @Override
    public void close() {
        channel.close();
    }
}

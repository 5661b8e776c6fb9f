package dev.tomte.home.frames;

import dev.tomte.contracts.Identity;
import dev.tomte.contracts.Peer;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;
import jdk.net.ExtendedSocketOptions;

/**
 * A TLS 1.3 connection with certificates on both sides. One thread reads; any thread writes, whole buffers at a time;
 * any thread closes, which ends both.
 */
public final class TlsChannel implements AutoCloseable {
    /** One TLS record of plain text and what it may grow by. */
    private static final int RECORD = 17_000;

    private static final int NETWORK_BUFFER = 256 << 10;

    private static final ScheduledThreadPoolExecutor DEADLINES = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("home-handshake-deadlines").factory());

    static {
        // else each would keep its connection's buffers until its time, met or not
        DEADLINES.setRemoveOnCancelPolicy(true);
    }

    private final SocketChannel socket;
    private final SSLEngine engine;
    private final ByteBuffer received =
            ByteBuffer.allocateDirect(NETWORK_BUFFER).flip();
    private final ByteBuffer sending = ByteBuffer.allocateDirect(NETWORK_BUFFER);
    private final ByteBuffer plain = ByteBuffer.allocateDirect(64 << 10).flip();
    private final Object writing = new Object();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Peer peer;

    private TlsChannel(SocketChannel socket, SSLEngine engine, Duration within) throws IOException {
        this.socket = socket;
        this.engine = engine;
        ScheduledFuture<?> deadline =
                DEADLINES.schedule(() -> closeQuietly(socket), within.toMillis(), TimeUnit.MILLISECONDS);
        try {
            socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
            keepAlive(socket);
            handshake();
            peer = Peer.of((X509Certificate) engine.getSession().getPeerCertificates()[0]);
            if (peer.role() != Peer.Role.HOST) throw new SSLException("the peer's certificate is not a host's");
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
        if (!deadline.cancel(false)) {
            close();
            throw new SSLException("the handshake took too long");
        }
    }

    /** An end of the connection that nobody could tell of is noticed within 15 s. */
    private static void keepAlive(SocketChannel socket) throws IOException {
        socket.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        socket.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, 10);
        socket.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, 1);
        socket.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, 5);
    }

    /**
     * Connects to a host.
     *
     * @param name the host's name, which its certificate must carry
     */
    public static TlsChannel connect(InetSocketAddress address, String name, Identity identity, Duration within)
            throws IOException {
        SocketChannel socket = SocketChannel.open();
        try {
            socket.socket().connect(address, (int) within.toMillis());
            TlsChannel channel = new TlsChannel(socket, HostTls.client(identity, name, address.getPort()), within);
            if (!channel.peer.name().equals(name)) {
                channel.close();
                throw new SSLException("the certificate is " + channel.peer.name() + "'s, not " + name + "'s");
            }
            return channel;
        } catch (IOException | RuntimeException e) {
            closeQuietly(socket);
            throw e;
        }
    }

    /** Takes an accepted connection; the peer must show a host's certificate. */
    public static TlsChannel accept(SocketChannel socket, Identity identity, Duration within) throws IOException {
        return new TlsChannel(socket, HostTls.server(identity), within);
    }

    /** Whose certificate the other side has shown. */
    public Peer peer() {
        return peer;
    }

    private void handshake() throws IOException {
        ByteBuffer nothing = ByteBuffer.allocate(0);
        plain.clear();
        engine.beginHandshake();
        while (true) {
            switch (engine.getHandshakeStatus()) {
                case NEED_TASK -> {
                    for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask())
                        task.run();
                }
                case NEED_WRAP -> {
                    sending.clear();
                    SSLEngineResult result = engine.wrap(nothing, sending);
                    sendAll();
                    if (result.getStatus() == SSLEngineResult.Status.CLOSED) throw new SSLException("TLS was closed");
                }
                case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
                    SSLEngineResult result = engine.unwrap(received, plain);
                    if (result.getStatus() == SSLEngineResult.Status.BUFFER_UNDERFLOW) receive();
                    if (result.getStatus() == SSLEngineResult.Status.CLOSED) throw new SSLException("TLS was closed");
                }
                case FINISHED, NOT_HANDSHAKING -> {
                    plain.flip();
                    return;
                }
            }
        }
    }

    private void receive() throws IOException {
        received.compact();
        try {
            if (socket.read(received) < 0) throw new EOFException("the connection ended");
        } finally {
            received.flip();
        }
    }

    private void sendAll() throws IOException {
        sending.flip();
        while (sending.hasRemaining()) socket.write(sending);
    }

    /**
     * Reads some bytes, at least one if there is room.
     *
     * @return how many; -1 at the end
     */
    public int read(ByteBuffer into) throws IOException {
        int before = into.position();
        while (into.hasRemaining()) {
            if (plain.hasRemaining()) {
                int bytes = Math.min(plain.remaining(), into.remaining());
                into.put(plain.slice(plain.position(), bytes));
                plain.position(plain.position() + bytes);
                continue;
            }
            if (received.hasRemaining()) {
                boolean direct = into.remaining() >= RECORD;
                if (!direct) plain.clear();
                SSLEngineResult result;
                try {
                    result = engine.unwrap(received, direct ? into : plain);
                } finally {
                    if (!direct) plain.flip();
                }
                switch (result.getStatus()) {
                    case OK -> {
                        continue;
                    }
                    case CLOSED -> {
                        return into.position() > before ? into.position() - before : -1;
                    }
                    case BUFFER_OVERFLOW -> throw new SSLException("a TLS record is too long");
                    case BUFFER_UNDERFLOW -> {}
                }
            }
            if (into.position() > before) break;
            try {
                receive();
            } catch (EOFException e) {
                return -1;
            }
        }
        return into.position() - before;
    }

    /** Reads until the buffer is full. */
    public void readFully(ByteBuffer into) throws IOException {
        while (into.hasRemaining()) if (read(into) < 0) throw new EOFException("the connection ended");
    }

    /** Writes all of the buffer. */
    public void write(ByteBuffer from) throws IOException {
        synchronized (writing) {
            while (from.hasRemaining()) {
                sending.clear();
                while (from.hasRemaining() && sending.remaining() > RECORD + 1000) {
                    if (engine.wrap(from, sending).getStatus() == SSLEngineResult.Status.CLOSED)
                        throw new SSLException("TLS was closed");
                }
                sendAll();
            }
        }
    }

    /** Does something with the connection, which is closed if that takes too long. */
    public <T> T within(Duration time, Exchange<T> exchange) throws IOException {
        ScheduledFuture<?> deadline = DEADLINES.schedule(this::close, time.toMillis(), TimeUnit.MILLISECONDS);
        try {
            return exchange.run();
        } finally {
            deadline.cancel(false);
        }
    }

    /** Some reading and writing on a connection. */
    public interface Exchange<T> {
        T run() throws IOException;
    }

    public boolean isOpen() {
        return socket.isOpen();
    }

    /** Closes the socket at once; the other side sees the end of the connection. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) return;
        closeQuietly(socket);
        HostTls.free(engine);
    }

    private static void closeQuietly(SocketChannel socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // it is closed, or as good as
        }
    }
}

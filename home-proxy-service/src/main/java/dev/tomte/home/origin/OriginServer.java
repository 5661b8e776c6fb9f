package dev.tomte.home.origin;

import dev.tomte.contracts.Identity;
import dev.tomte.home.frames.Fuse;
import dev.tomte.home.frames.Hello;
import dev.tomte.home.frames.TlsChannel;
import dev.tomte.linux.Syscall;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/**
 * Serves the files of this host's home pods to their guests, over TLS 1.3 with certificates on both sides. All methods
 * may be called by any thread.
 */
public final class OriginServer implements AutoCloseable {
    private static final Logger LOG = System.getLogger(OriginServer.class.getName());

    /**
     * Where, with which certificate, and what outlives this JVM.
     *
     * @param address where to listen; port 0 takes a free one
     * @param tls directory with host.crt, host.key (PKCS 8) and ca.crt, PEM
     * @param state directory on a tmpfs for the sessions' journals; made if absent
     * @param files how many files a guest's kernel may know before it is asked to forget some
     */
    public record Config(InetSocketAddress address, Path tls, Path state, int files) {
        /** With the usual bound. */
        public Config(InetSocketAddress address, Path tls, Path state) {
            this(address, tls, state, Limits.NODES);
        }
    }

    private final ServerSocketChannel listener;
    private final Identity identity;
    private final Sessions sessions;
    private final Semaphore room = new Semaphore(Limits.CONNECTIONS);
    private final Set<SocketChannel> sockets = ConcurrentHashMap.newKeySet();

    private OriginServer(ServerSocketChannel listener, Identity identity, Sessions sessions) {
        this.listener = listener;
        this.identity = identity;
        this.sessions = sessions;
    }

    /** Listens. Sessions of an earlier life of this JVM are found again in the journals when their guests come back. */
    public static OriginServer start(Config config, Homes homes) throws IOException {
        Identity identity = new Identity(config.tls());
        identity.sslContext();
        // threads that act as a user must not need a file of the class path that the user cannot read
        LoadedClasses.load(OriginServer.class, Fuse.class, Syscall.class);
        Files.createDirectories(config.state());
        ServerSocketChannel listener = ServerSocketChannel.open();
        try {
            listener.bind(config.address(), 64);
        } catch (IOException e) {
            listener.close();
            throw e;
        }
        OriginServer server = new OriginServer(listener, identity, new Sessions(homes, config.state(), config.files()));
        Thread.ofPlatform().daemon().name("home-origin").start(server::accept);
        return server;
    }

    /** The port that it listens on. */
    public int port() {
        try {
            return ((InetSocketAddress) listener.getLocalAddress()).getPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void accept() {
        while (true) {
            try {
                SocketChannel socket = listener.accept();
                if (!room.tryAcquire()) {
                    LOG.log(Level.WARNING, "too many connections: {0} is turned away", socket.getRemoteAddress());
                    socket.close();
                    continue;
                }
                sockets.add(socket);
                // a platform thread, as the kernel keeps a thread's identity
                Thread.ofPlatform().daemon().name("home-session").start(() -> serve(socket));
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException e) {
                LOG.log(Level.WARNING, "a connection could not be accepted: {0}", e.getMessage());
            }
        }
    }

    private void serve(SocketChannel socket) {
        try (socket;
                TlsChannel channel = TlsChannel.accept(socket, identity, Limits.HANDSHAKE)) {
            Hello hello = channel.within(Limits.HANDSHAKE, () -> Hello.receive(channel));
            Sessions.Opened opened = sessions.open(hello, channel.peer().name());
            opened.welcome().send(channel);
            Session session = opened.session();
            if (session == null) return;
            session.attach(channel);
            try {
                switch (hello.kind()) {
                    case DATA -> new Connection(channel, session).run();
                    case CONTROL -> answerPings(channel);
                    case NOTICES -> new NoticeConnection(channel, session).run();
                }
            } finally {
                session.detach(channel);
            }
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "a connection ended: {0}", e.getMessage());
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "a connection was given up", e);
        } finally {
            sockets.remove(socket);
            room.release();
        }
    }

    private static void answerPings(TlsChannel channel) throws IOException {
        ByteBuffer ping = ByteBuffer.allocate(Fuse.IN_HEADER).order(ByteOrder.LITTLE_ENDIAN);
        while (true) {
            channel.readFully(ping.clear());
            if (ping.getInt(0) != Fuse.IN_HEADER || ping.getInt(4) != Fuse.PING) return;
            channel.write(ByteBuffer.allocate(Fuse.OUT_HEADER)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(Fuse.OUT_HEADER)
                    .putInt(0)
                    .putLong(ping.getLong(8))
                    .flip());
        }
    }

    /**
     * The register has been decided: whatever session of that process is not the holder's of that epoch loses. Its
     * requests are answered ESTALE from now on, its handles are closed, and nothing it sent has an effect after this
     * returns. A session of the holder that was opened with an older epoch (the move was rolled back) goes on with the
     * new one. Repeating it does nothing.
     *
     * @param holder the host that holds the process now; the home host itself when it is at home
     */
    public void decided(String process, String incarnation, long epoch, String holder) {
        sessions.decided(process, incarnation, epoch, holder);
    }

    /** The process has ended or its home pod has gone: all of its sessions close. */
    public void ended(String process, String incarnation) {
        sessions.ended(process, incarnation);
    }

    /** Stops listening and drops the connections. Sessions stay recoverable: their guests wait for the next start. */
    @Override
    public void close() {
        try {
            listener.close();
            for (SocketChannel socket : sockets) socket.close();
        } catch (IOException e) {
            LOG.log(Level.WARNING, "the origin did not close well: {0}", e.getMessage());
        }
        sessions.close();
    }
}

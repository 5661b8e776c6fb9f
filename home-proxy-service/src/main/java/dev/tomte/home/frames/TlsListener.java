package dev.tomte.home.frames;

import dev.tomte.contracts.Identity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/** Takes connections of other hosts, so many at once, and serves each in a platform thread of its own. */
public final class TlsListener implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(TlsListener.class.getName());
    /** Connections that wait to be accepted. */
    private static final int BACKLOG = 64;

    private final String name;
    private final ServerSocketChannel listener;
    private final Identity identity;
    private final Duration handshake;
    private final Serving serving;
    private final Semaphore room;
    private final Set<SocketChannel> sockets = ConcurrentHashMap.newKeySet();

    /** What is done with a connection; it is closed afterwards. */
    @FunctionalInterface
    public interface Serving {
        void serve(TlsChannel channel) throws IOException;
    }

    private TlsListener(
            String name,
            ServerSocketChannel listener,
            Identity identity,
            int connections,
            Duration handshake,
            Serving serving) {
        this.name = name;
        this.listener = listener;
        this.identity = identity;
        this.handshake = handshake;
        this.serving = serving;
        this.room = new Semaphore(connections);
    }

    /**
     * Listens.
     *
     * @param name of its threads
     * @param address port 0 takes a free one
     * @param connections at once; one more is turned away
     * @param handshake what takes longer is given up
     */
    public static TlsListener start(
            String name,
            InetSocketAddress address,
            Identity identity,
            int connections,
            Duration handshake,
            Serving serving)
            throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open();
        try {
            listener.bind(address, BACKLOG);
        } catch (IOException e) {
            listener.close();
            throw e;
        }
        TlsListener fresh = new TlsListener(name, listener, identity, connections, handshake, serving);
        Thread.ofPlatform().daemon().name(name).start(fresh::accept);
        return fresh;
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
                    LOG.log(Level.WARNING, "{0}: too many, {1} is turned away", name, socket.getRemoteAddress());
                    socket.close();
                    continue;
                }
                sockets.add(socket);
                // a platform thread, as the kernel keeps a thread's identity
                Thread.ofPlatform().daemon().name(name + "-connection").start(() -> serve(socket));
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException e) {
                LOG.log(Level.WARNING, "{0}: a connection could not be accepted: {1}", name, e.getMessage());
            }
        }
    }

    private void serve(SocketChannel socket) {
        try (socket;
                TlsChannel channel = TlsChannel.accept(socket, identity, handshake)) {
            serving.serve(channel);
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "{0}: a connection ended: {1}", name, e.toString());
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, name + ": a connection was given up", e);
        } finally {
            sockets.remove(socket);
            room.release();
        }
    }

    /** Stops listening and drops the connections. */
    @Override
    public void close() {
        try {
            listener.close();
            for (SocketChannel socket : sockets) socket.close();
        } catch (IOException e) {
            LOG.log(Level.WARNING, "{0} did not close well: {1}", name, e.getMessage());
        }
    }
}

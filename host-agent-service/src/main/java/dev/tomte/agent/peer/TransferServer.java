package dev.tomte.agent.peer;

import dev.tomte.agent.move.Moves;
import dev.tomte.contracts.Identity;
import dev.tomte.home.frames.TlsChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/** Takes the transfers of other hosts: a connection each, over TLS 1.3 with certificates on both sides. */
public final class TransferServer implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(TransferServer.class.getName());
    private static final Duration HANDSHAKE = Duration.ofSeconds(5);
    /** So many at once; more would not be faster. */
    private static final int CONNECTIONS = 64;

    private final ServerSocketChannel listener;
    private final Identity identity;
    private final Moves moves;
    private final Semaphore room = new Semaphore(CONNECTIONS);
    private final Set<SocketChannel> sockets = ConcurrentHashMap.newKeySet();

    /**
     * Listens.
     *
     * @param address port 0 takes a free one
     */
    public TransferServer(InetSocketAddress address, Identity identity, Moves moves) throws IOException {
        this.identity = identity;
        this.moves = moves;
        listener = ServerSocketChannel.open();
        try {
            listener.bind(address);
        } catch (IOException e) {
            listener.close();
            throw e;
        }
        Thread.ofPlatform().daemon().name("transfers").start(this::accept);
    }

    /** The port it listens at. */
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
                    LOG.log(System.Logger.Level.WARNING, "too many transfers: one is turned away");
                    socket.close();
                    continue;
                }
                sockets.add(socket);
                Thread.ofPlatform().daemon().name("transfer").start(() -> serve(socket));
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "a transfer could not be accepted: {0}", e.getMessage());
            }
        }
    }

    private void serve(SocketChannel socket) {
        try (socket;
                TransferLine line = new TransferLine(TlsChannel.accept(socket, identity, HANDSHAKE))) {
            new ArrivingTransfer(line, moves).run();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.INFO, "a transfer ended: {0}", e.toString());
        } finally {
            sockets.remove(socket);
            room.release();
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
            for (SocketChannel socket : sockets) socket.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "transfers did not close well: {0}", e.getMessage());
        }
    }
}

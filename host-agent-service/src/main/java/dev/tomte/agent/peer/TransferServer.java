package dev.tomte.agent.peer;

import dev.tomte.agent.move.Moves;
import dev.tomte.contracts.Identity;
import dev.tomte.home.frames.TlsChannel;
import dev.tomte.home.frames.TlsListener;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;

/** Takes the transfers of other hosts: a connection each, over TLS 1.3 with certificates on both sides. */
public final class TransferServer implements AutoCloseable {
    private static final Duration HANDSHAKE = Duration.ofSeconds(5);
    /** So many at once; more would not be faster. */
    private static final int CONNECTIONS = 64;

    private final TlsListener listener;

    /**
     * Listens.
     *
     * @param address port 0 takes a free one
     */
    public TransferServer(InetSocketAddress address, Identity identity, Moves moves) throws IOException {
        listener = TlsListener.start(
                "transfers", address, identity, CONNECTIONS, HANDSHAKE, channel -> take(channel, moves));
    }

    private static void take(TlsChannel channel, Moves moves) throws IOException {
        try (TransferLine line = new TransferLine(channel)) {
            new ArrivingTransfer(line, moves).run();
        }
    }

    /** The port it listens at. */
    public int port() {
        return listener.port();
    }

    @Override
    public void close() {
        listener.close();
    }
}

package dev.tomte.home.origin;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;

/**
 * Serves the files of this host's home pods to their guests, over TLS 1.3 with certificates on both sides. All methods
 * may be called by any thread.
 */
public final class OriginServer implements AutoCloseable {
    /**
     * Where, with which certificate, and what outlives this JVM.
     *
     * @param address where to listen; port 0 takes a free one
     * @param tls directory with host.crt, host.key (PKCS 8) and ca.crt, PEM
     * @param state directory on a tmpfs for the sessions' journals; made if absent
     */
    public record Config(InetSocketAddress address, Path tls, Path state) {}

    private OriginServer() {}

    /** Listens. Sessions of an earlier life of this JVM are found again in the journals when their guests come back. */
    public static OriginServer start(Config config, Homes homes) throws IOException {
        return new OriginServer();
    }

    /** The port that it listens on. */
    public int port() {
        return 0;
    }

    /**
     * The register has been decided: whatever session of that process is not the holder's of that epoch loses. Its
     * requests are answered ESTALE from now on, its handles are closed, and nothing it sent has an effect after this
     * returns. A session of the holder that was opened with an older epoch (the move was rolled back) goes on with the
     * new one. Repeating it does nothing.
     *
     * @param holder the host that holds the process now; the home host itself when it is at home
     */
    public void decided(String process, String incarnation, long epoch, String holder) {}

    /** The process has ended or its home pod has gone: all of its sessions close. */
    public void ended(String process, String incarnation) {}

    /** Stops listening and drops the connections. Sessions stay recoverable: their guests wait for the next start. */
    @Override
    public void close() {}
}

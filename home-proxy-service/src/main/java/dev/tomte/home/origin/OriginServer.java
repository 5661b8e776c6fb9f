package dev.tomte.home.origin;

import dev.tomte.contracts.Identity;
import dev.tomte.home.frames.Fuse;
import dev.tomte.home.frames.Hello;
import dev.tomte.home.frames.TlsChannel;
import dev.tomte.home.frames.TlsListener;
import dev.tomte.linux.Syscall;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
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
     * @param files how many files a guest's kernel may know before it is asked to forget some
     */
    public record Config(InetSocketAddress address, Path tls, Path state, int files) {
        /** With the usual bound. */
        public Config(InetSocketAddress address, Path tls, Path state) {
            this(address, tls, state, Limits.NODES);
        }
    }

    private final TlsListener listener;
    private final Sessions sessions;

    private OriginServer(TlsListener listener, Sessions sessions) {
        this.listener = listener;
        this.sessions = sessions;
    }

    /** Listens. Sessions of an earlier life of this JVM are found again in the journals when their guests come back. */
    public static OriginServer start(Config config, Homes homes) throws IOException {
        Identity identity = new Identity(config.tls());
        identity.sslContext();
        // threads that act as a user must not need a file of the class path that the user cannot read
        LoadedClasses.load(OriginServer.class, Fuse.class, Syscall.class);
        Files.createDirectories(config.state());
        Sessions sessions = new Sessions(homes, config.state(), config.files());
        return new OriginServer(
                TlsListener.start(
                        "home-origin",
                        config.address(),
                        identity,
                        Limits.CONNECTIONS,
                        Limits.HANDSHAKE,
                        channel -> serve(channel, sessions)),
                sessions);
    }

    /** The port that it listens on. */
    public int port() {
        return listener.port();
    }

    private static void serve(TlsChannel channel, Sessions sessions) throws IOException {
        Hello hello = channel.within(Limits.HANDSHAKE, () -> Hello.receive(channel));
        Sessions.Opened opened = sessions.open(hello, channel.peer().name());
        opened.welcome().send(channel);
        Session session = opened.session();
        if (session == null) return;
        session.attach(channel);
        try {
            switch (hello.kind()) {
                case DATA -> new Connection(channel, session).run();
                case CONTROL -> new ControlConnection(channel, session).run();
                case NOTICES -> new NoticeConnection(channel, session).run();
            }
        } finally {
            session.detach(channel);
            sessions.left(session);
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
        listener.close();
        sessions.close();
    }
}

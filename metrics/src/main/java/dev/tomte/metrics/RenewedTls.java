package dev.tomte.metrics;

import dev.tomte.contracts.Identity;
import java.io.IOException;
import java.security.SecureRandom;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the identity anew for each connection: the JDK's HTTP server keeps the context that it began with. */
final class RenewedTls extends SSLContextSpi {
    private static final Logger LOG = LoggerFactory.getLogger(RenewedTls.class);

    private final Identity identity;
    private volatile SSLContext last;

    private RenewedTls(Identity identity, SSLContext first) {
        this.identity = identity;
        last = first;
    }

    /** @throws IOException if the identity cannot be used now; later the last that could goes on */
    static SSLContext context(Identity identity) throws IOException {
        SSLContext first = identity.sslContext();
        return new SSLContext(new RenewedTls(identity, first), first.getProvider(), first.getProtocol()) {};
    }

    private SSLContext current() {
        try {
            last = identity.sslContext();
        } catch (IOException e) {
            LOG.warn("the certificate of before is shown on: {}", e.getMessage());
        }
        return last;
    }

    @Override
    protected SSLEngine engineCreateSSLEngine() {
        return current().createSSLEngine();
    }

    @Override
    protected SSLEngine engineCreateSSLEngine(String host, int port) {
        return current().createSSLEngine(host, port);
    }

    @Override
    protected void engineInit(
            KeyManager @Nullable [] keys, TrustManager @Nullable [] trust, @Nullable SecureRandom random) {
        throw new IllegalStateException("its files are what it is made from");
    }

    @Override
    protected SSLSocketFactory engineGetSocketFactory() {
        return last.getSocketFactory();
    }

    @Override
    protected SSLServerSocketFactory engineGetServerSocketFactory() {
        return last.getServerSocketFactory();
    }

    @Override
    protected SSLSessionContext engineGetServerSessionContext() {
        return last.getServerSessionContext();
    }

    @Override
    protected SSLSessionContext engineGetClientSessionContext() {
        return last.getClientSessionContext();
    }
}

package dev.tomte.home.frames;

import dev.tomte.contracts.Identity;
import io.grpc.netty.shaded.io.netty.buffer.ByteBufAllocator;
import io.grpc.netty.shaded.io.netty.handler.ssl.ClientAuth;
import io.grpc.netty.shaded.io.netty.handler.ssl.OpenSsl;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslProvider;
import io.grpc.netty.shaded.io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/**
 * TLS 1.3 between two hosts, by the BoringSSL that gRPC brings along: it encrypts at full speed from the first byte, while
 * the JDK's TLS is slow until the second compiler has seen enough of it. Where there is none for the machine, the JDK's.
 */
final class HostTls {
    private static final String VERSION = "TLSv1.3";
    private static final SslProvider PROVIDER = OpenSsl.isAvailable() ? SslProvider.OPENSSL_REFCNT : SslProvider.JDK;

    private HostTls() {}

    /**
     * A client's engine; to be {@linkplain #free freed}.
     *
     * @param name the host's name, which its certificate must carry
     */
    static SSLEngine client(Identity identity, String name, int port) throws IOException {
        return engine(
                SslContextBuilder.forClient()
                        .keyManager(
                                identity.certificate().toFile(), identity.key().toFile())
                        .endpointIdentificationAlgorithm("HTTPS"),
                identity,
                name,
                port);
    }

    /** A server's engine, which wants a certificate of the client; to be {@linkplain #free freed}. */
    static SSLEngine server(Identity identity) throws IOException {
        return engine(
                SslContextBuilder.forServer(
                                identity.certificate().toFile(), identity.key().toFile())
                        .clientAuth(ClientAuth.REQUIRE),
                identity,
                null,
                -1);
    }

    private static SSLEngine engine(SslContextBuilder builder, Identity identity, @Nullable String name, int port)
            throws IOException {
        try {
            SslContext context = builder.sslProvider(PROVIDER)
                    .trustManager(identity.authority().toFile())
                    .protocols(VERSION)
                    .build();
            try {
                return name == null
                        ? context.newEngine(ByteBufAllocator.DEFAULT)
                        : context.newEngine(ByteBufAllocator.DEFAULT, name, port);
            } finally {
                // the engine keeps it for as long as it needs it
                ReferenceCountUtil.release(context);
            }
        } catch (IllegalArgumentException e) {
            throw new IOException(
                    "the certificate in " + identity.directory() + " cannot be used: " + e.getMessage(), e);
        }
    }

    /** Frees what an engine has outside of the heap; it is as if closed then. */
    static void free(SSLEngine engine) {
        ReferenceCountUtil.safeRelease(engine);
    }
}

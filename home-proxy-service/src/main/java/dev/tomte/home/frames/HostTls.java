package dev.tomte.home.frames;

import dev.tomte.contracts.Identity;
import io.grpc.netty.shaded.io.netty.buffer.ByteBufAllocator;
import io.grpc.netty.shaded.io.netty.handler.ssl.ClientAuth;
import io.grpc.netty.shaded.io.netty.handler.ssl.OpenSsl;
import io.grpc.netty.shaded.io.netty.handler.ssl.OpenSslSessionContext;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslProvider;
import io.grpc.netty.shaded.io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/**
 * TLS 1.3 between two hosts, by the BoringSSL that gRPC brings along: it encrypts at full speed from the first byte, while
 * the JDK's TLS is slow until the second compiler has seen enough of it. Where there is none for the machine, the JDK's.
 *
 * <p>What is made of an identity's files takes longer to make than a connection, and so is kept until one of them is
 * another. No session is resumed: each connection shows its certificates. Any thread.
 */
final class HostTls {
    private static final String VERSION = "TLSv1.3";
    private static final SslProvider PROVIDER = OpenSsl.isAvailable() ? SslProvider.OPENSSL_REFCNT : SslProvider.JDK;
    /** By the directory of the identity, of which a host has one. */
    private static final Map<Path, HostTls> KEPT = new HashMap<>();

    private final List<Stamp> made;
    private final SslContext client;
    private final SslContext server;

    /** By which a file that has been replaced, or written anew, is known. */
    private record Stamp(@Nullable Object file, FileTime modified, long size) {
        static List<Stamp> of(Identity identity) throws IOException {
            List<Stamp> all = new ArrayList<>();
            for (Path file : List.of(identity.certificate(), identity.key(), identity.authority())) {
                BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
                all.add(new Stamp(now.fileKey(), now.lastModifiedTime(), now.size()));
            }
            return all;
        }
    }

    private HostTls(Identity identity, List<Stamp> made) throws IOException {
        this.made = made;
        client = context(
                SslContextBuilder.forClient()
                        .keyManager(
                                identity.certificate().toFile(), identity.key().toFile())
                        .endpointIdentificationAlgorithm("HTTPS"),
                identity);
        server = context(
                SslContextBuilder.forServer(
                                identity.certificate().toFile(), identity.key().toFile())
                        .clientAuth(ClientAuth.REQUIRE),
                identity);
    }

    private static SslContext context(SslContextBuilder builder, Identity identity) throws IOException {
        try {
            SslContext context = builder.sslProvider(PROVIDER)
                    .trustManager(identity.authority().toFile())
                    .protocols(VERSION)
                    // seconds; the JDK's TLS knows no other way not to resume
                    .sessionTimeout(1)
                    .build();
            if (context.sessionContext() instanceof OpenSslSessionContext sessions)
                sessions.setSessionCacheEnabled(false);
            return context;
        } catch (IllegalArgumentException e) {
            throw new IOException(
                    "the certificate in " + identity.directory() + " cannot be used: " + e.getMessage(), e);
        }
    }

    private static HostTls of(Identity identity) throws IOException {
        // looked at before the files are read: what changes meanwhile is seen the next time
        List<Stamp> now = Stamp.of(identity);
        HostTls kept = KEPT.get(identity.directory());
        if (kept != null && kept.made.equals(now)) return kept;
        HostTls fresh = new HostTls(identity, now);
        KEPT.put(identity.directory(), fresh);
        if (kept != null) kept.letGo();
        return fresh;
    }

    /** Engines keep a context for as long as they need it. */
    private void letGo() {
        ReferenceCountUtil.safeRelease(client);
        ReferenceCountUtil.safeRelease(server);
    }

    /**
     * A client's engine; to be {@linkplain #free freed}.
     *
     * @param name the host's name, which its certificate must carry
     */
    static SSLEngine client(Identity identity, String name, int port) throws IOException {
        synchronized (KEPT) {
            return of(identity).client.newEngine(ByteBufAllocator.DEFAULT, name, port);
        }
    }

    /** A server's engine, which wants a certificate of the client; to be {@linkplain #free freed}. */
    static SSLEngine server(Identity identity) throws IOException {
        synchronized (KEPT) {
            return of(identity).server.newEngine(ByteBufAllocator.DEFAULT);
        }
    }

    /** Frees what an engine has outside of the heap; it is as if closed then. */
    static void free(SSLEngine engine) {
        ReferenceCountUtil.safeRelease(engine);
    }
}

package dev.tomte.agent.peer;

import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.netty.handler.ssl.ClientAuth;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import java.io.File;
import java.nio.file.Path;
import javax.net.ssl.SSLException;

/** This host's identity: host.crt, host.key (PKCS 8) and ca.crt, PEM files in one directory. TLS 1.3 only. */
public record Certificates(Path directory) {
    private static final String TLS = "TLSv1.3";

    /** A server's side: callers must show a certificate of the same authority. */
    SslContext server() throws SSLException {
        return GrpcSslContexts.forServer(file("host.crt"), file("host.key"))
                .trustManager(file("ca.crt"))
                .clientAuth(ClientAuth.REQUIRE)
                .protocols(TLS)
                .build();
    }

    SslContext client() throws SSLException {
        return GrpcSslContexts.forClient()
                .keyManager(file("host.crt"), file("host.key"))
                .trustManager(file("ca.crt"))
                .protocols(TLS)
                .build();
    }

    private File file(String name) {
        return directory.resolve(name).toFile();
    }
}

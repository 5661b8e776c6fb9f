package dev.tomte.agent.peer;

import dev.tomte.agent.move.Moves;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Answers other hosts' agents: gRPC over mutual TLS, each call only for its role. */
public final class AgentServer implements AutoCloseable {
    /** A piece of output is the largest, with some 64 KiB. */
    private static final int LARGEST_MESSAGE = 1 << 20;

    private final ExecutorService threads;
    private final Server server;

    /** @throws IOException if the certificates cannot be read or the address not be bound */
    public AgentServer(
            InetSocketAddress address, Certificates certificates, Moves moves, HomeCalls home, HolderCalls holder)
            throws IOException {
        // calls block on stubs and on criu
        threads = Executors.newCachedThreadPool(
                Thread.ofPlatform().daemon().name("agent-call-", 0).factory());
        server = NettyServerBuilder.forAddress(address)
                .sslContext(certificates.server())
                .intercept(new Caller.Check())
                .addService(new AgentService(moves, home, holder, threads))
                .executor(threads)
                .maxInboundMessageSize(LARGEST_MESSAGE)
                .keepAliveTime(10, TimeUnit.SECONDS)
                .keepAliveTimeout(5, TimeUnit.SECONDS)
                .permitKeepAliveTime(5, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .build()
                .start();
    }

    /** The port it listens at. */
    public int port() {
        return server.getPort();
    }

    @Override
    public void close() {
        server.shutdownNow();
        threads.shutdown();
    }
}

package dev.tomte.agent.peer;

import dev.tomte.wire.AgentGrpc;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Connections to other hosts' agents, kept for later calls. The other's certificate must name the host. Any thread. */
public final class Peers implements AutoCloseable {
    private record Peer(String host, String address, int port) {}

    private final SslContext tls;
    private final Map<Peer, ManagedChannel> channels = new HashMap<>();

    /** @throws IOException if the certificates cannot be read */
    public Peers(Certificates certificates) throws IOException {
        tls = certificates.client();
    }

    /** Calls that block, at most for so long. */
    public AgentGrpc.AgentBlockingStub blocking(String host, String address, int port, Duration atMost) {
        return AgentGrpc.newBlockingStub(channel(host, address, port))
                .withDeadlineAfter(atMost.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Calls that stream; a connection that dies ends them within seconds. */
    public AgentGrpc.AgentStub streaming(String host, String address, int port) {
        return AgentGrpc.newStub(channel(host, address, port));
    }

    private synchronized ManagedChannel channel(String host, String address, int port) {
        Peer peer = new Peer(host, address, port);
        ManagedChannel known = channels.get(peer);
        if (known != null && known.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
            // until it tries again, which may take two minutes, it would answer every call with its last failure; a new
            // one has the call wait for its first attempt. No call is under way on one that has no connection
            known.shutdown();
            channels.remove(peer);
        }
        return channels.computeIfAbsent(peer, this::connect);
    }

    private ManagedChannel connect(Peer peer) {
        return NettyChannelBuilder.forAddress(new InetSocketAddress(peer.address(), peer.port()))
                .sslContext(tls)
                .overrideAuthority(peer.host())
                .keepAliveTime(10, TimeUnit.SECONDS)
                .keepAliveTimeout(5, TimeUnit.SECONDS)
                .build();
    }

    @Override
    public synchronized void close() {
        channels.values().forEach(ManagedChannel::shutdownNow);
        channels.clear();
    }
}

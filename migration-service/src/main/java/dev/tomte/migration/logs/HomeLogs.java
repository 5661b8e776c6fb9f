package dev.tomte.migration.logs;

import dev.tomte.contracts.Availability;
import dev.tomte.wire.AgentGrpc;
import dev.tomte.wire.LogChunk;
import dev.tomte.wire.LogsQuestion;
import io.grpc.ChannelCredentials;
import io.grpc.Context;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Asks homes' agents for their processes' logs, over mutual TLS. Any thread. */
public final class HomeLogs implements AutoCloseable {
    private final ChannelCredentials credentials;
    private final Map<Home, ManagedChannel> channels = new ConcurrentHashMap<>();

    private record Home(String name, String address, int port) {}

    public HomeLogs(ChannelCredentials credentials) {
        this.credentials = credentials;
    }

    /**
     * Copies the log until its end, or, when following, until the process's end.
     *
     * @param from bytes from the beginning; negative: so many before the end
     * @throws StatusRuntimeException if the agent does not answer, or refuses
     * @throws IOException if {@code out} takes no more
     */
    public void copy(Availability home, String process, long from, boolean follow, OutputStream out)
            throws IOException {
        ManagedChannel channel =
                channels.computeIfAbsent(new Home(home.host(), home.address(), home.agentPort()), this::open);
        LogsQuestion question = LogsQuestion.newBuilder()
                .setProcess(process)
                .setFrom(from)
                .setFollow(follow)
                .build();
        // whoever stops reading ends the call, and with it what the agent holds for it
        Context.CancellableContext call = Context.current().withCancellation();
        Context before = call.attach();
        try {
            Iterator<LogChunk> chunks = AgentGrpc.newBlockingStub(channel).logs(question);
            while (chunks.hasNext()) {
                chunks.next().getData().writeTo(out);
                out.flush();
            }
        } finally {
            call.detach(before);
            call.cancel(null);
        }
    }

    private ManagedChannel open(Home home) {
        // its certificate must have the host's name, wherever it is reached
        return Grpc.newChannelBuilderForAddress(home.address(), home.port(), credentials)
                .overrideAuthority(home.name())
                .keepAliveTime(20, TimeUnit.SECONDS)
                .keepAliveTimeout(10, TimeUnit.SECONDS)
                .idleTimeout(5, TimeUnit.MINUTES)
                .build();
    }

    @Override
    public void close() {
        channels.values().forEach(ManagedChannel::shutdownNow);
    }
}

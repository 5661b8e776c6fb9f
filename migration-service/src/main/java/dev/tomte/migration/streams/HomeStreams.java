package dev.tomte.migration.streams;

import com.google.protobuf.ByteString;
import dev.tomte.contracts.Availability;
import dev.tomte.wire.AgentGrpc;
import dev.tomte.wire.FeedChunk;
import dev.tomte.wire.LogChunk;
import dev.tomte.wire.LogsQuestion;
import io.grpc.ChannelCredentials;
import io.grpc.Context;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Asks homes' agents for their processes' logs, and gives them their standard input, over mutual TLS. Any thread. */
public final class HomeStreams implements AutoCloseable {
    /** Longer than a home waits for room. */
    private static final Duration FEED_LIMIT = Duration.ofSeconds(20);

    private final ChannelCredentials credentials;
    private final Map<Home, ManagedChannel> channels = new ConcurrentHashMap<>();

    private record Home(String name, String address, int port) {}

    public HomeStreams(ChannelCredentials credentials) {
        this.credentials = credentials;
    }

    /**
     * Copies the log until its end, or, when following, until the process's end.
     *
     * @param stream 2: its standard error, where that is apart; 1: the other
     * @param from bytes from the beginning; negative: so many before the end
     * @throws StatusRuntimeException if the agent does not answer, or refuses
     * @throws IOException if {@code out} takes no more
     */
    public void copy(Availability home, String process, int stream, long from, boolean follow, OutputStream out)
            throws IOException {
        LogsQuestion question = LogsQuestion.newBuilder()
                .setProcess(process)
                .setStream(stream)
                .setFrom(from)
                .setFollow(follow)
                .build();
        // whoever stops reading ends the call, and with it what the agent holds for it
        Context.CancellableContext call = Context.current().withCancellation();
        Context before = call.attach();
        try {
            Iterator<LogChunk> chunks = agent(home).logs(question);
            while (chunks.hasNext()) {
                chunks.next().getData().writeTo(out);
                out.flush();
            }
        } finally {
            call.detach(before);
            call.cancel(null);
        }
    }

    /**
     * Gives a process bytes to read, as far as its home has room for them; waits for a while where it has none.
     *
     * @param offset of the first, from the first that was ever sent
     * @param last whether nothing comes after these
     * @return how many the home has in all
     * @throws StatusRuntimeException if the agent does not answer, or refuses
     */
    public long feed(Availability home, String process, long offset, byte[] bytes, boolean last) {
        FeedChunk chunk = FeedChunk.newBuilder()
                .setProcess(process)
                .setOffset(offset)
                .setData(ByteString.copyFrom(bytes))
                .setLast(last)
                .build();
        return agent(home)
                .withDeadlineAfter(FEED_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                .feed(chunk)
                .getOffset();
    }

    private AgentGrpc.AgentBlockingStub agent(Availability home) {
        return AgentGrpc.newBlockingStub(
                channels.computeIfAbsent(new Home(home.host(), home.address(), home.agentPort()), this::open));
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

package dev.tomte.agent.process;

import dev.tomte.wire.AgentGrpc.AgentStub;
import dev.tomte.wire.OutputChunk;
import dev.tomte.wire.OutputReached;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** One chunk of output to a home, and its answer. The next chunk depends on the answer, so there is one at a time. */
final class OutputCall implements StreamObserver<OutputReached> {
    private final CompletableFuture<Long> reached = new CompletableFuture<>();

    private OutputCall() {}

    /**
     * The offset that the home has reached.
     *
     * @throws IOException if no answer came: it may have been written or not
     */
    static long send(String home, AgentStub agent, OutputChunk chunk, Duration patience) throws IOException {
        OutputCall call = new OutputCall();
        StreamObserver<OutputChunk> to = agent.withDeadlineAfter(patience.toMillis(), TimeUnit.MILLISECONDS)
                .output(call);
        to.onNext(chunk);
        to.onCompleted();
        try {
            return call.reached.get(2 * patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            Throwable why = e.getCause() == null ? e : e.getCause();
            throw new IOException(home + " does not take the output: " + why.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    @Override
    public void onNext(OutputReached answer) {
        reached.complete(answer.getOffset());
    }

    @Override
    public void onError(Throwable why) {
        reached.completeExceptionally(why);
    }

    @Override
    public void onCompleted() {
        reached.completeExceptionally(new IOException("it said nothing"));
    }
}

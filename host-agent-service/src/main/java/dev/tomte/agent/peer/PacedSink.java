package dev.tomte.agent.peer;

import com.google.protobuf.ByteString;
import dev.tomte.wire.LogChunk;
import io.grpc.stub.ServerCallStreamObserver;
import java.io.IOException;
import java.io.InterruptedIOException;

/** A log on its way to a reader, no faster than the reader takes it. */
final class PacedSink implements HomeCalls.LogSink {
    private final ServerCallStreamObserver<LogChunk> call;

    PacedSink(ServerCallStreamObserver<LogChunk> call) {
        this.call = call;
        call.setOnReadyHandler(this::wake);
        call.setOnCancelHandler(this::wake);
    }

    private synchronized void wake() {
        notifyAll();
    }

    @Override
    public synchronized void take(long offset, byte[] data) throws IOException {
        try {
            while (!call.isReady() && !call.isCancelled()) wait();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("the agent ends");
        }
        if (call.isCancelled()) throw new IOException("the reader has gone");
        call.onNext(LogChunk.newBuilder()
                .setOffset(offset)
                .setData(ByteString.copyFrom(data))
                .build());
    }

    @Override
    public boolean isOpen() {
        return !call.isCancelled();
    }

    synchronized void end() {
        if (!call.isCancelled()) call.onCompleted();
    }

    synchronized void fail(RuntimeException why) {
        if (!call.isCancelled()) call.onError(why);
    }
}

package dev.tomte.agent.peer;

import com.google.protobuf.ByteString;
import dev.tomte.agent.move.Target;
import dev.tomte.agent.tree.Tree.Checkpoint;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.wire.AgentGrpc.AgentStub;
import dev.tomte.wire.FileChunk;
import dev.tomte.wire.TransferAnswer;
import dev.tomte.wire.TransferEnd;
import dev.tomte.wire.TransferFrame;
import dev.tomte.wire.TransferHello;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A transfer at its source. One thread at a time sends; gRPC's threads bring the answers. */
final class SentTransfer implements Target.Transfer, ClientResponseObserver<TransferFrame, TransferAnswer> {
    private static final Duration READY_WITHIN = Duration.ofSeconds(20);
    private static final Duration TAKES_WITHIN = Duration.ofSeconds(20);
    private static final Duration RESTORES_WITHIN = Duration.ofSeconds(60);

    private final String target;
    private @Nullable ClientCallStreamObserver<TransferFrame> call;
    private TransferAnswer.State answered = TransferAnswer.State.UNKNOWN;
    private long restoreMicros;
    private @Nullable String failure;
    private boolean closed;

    private SentTransfer(String target) {
        this.target = target;
    }

    /** Returns when the target is ready. */
    static SentTransfer open(MovePlan plan, long memoryBytes, AgentStub stub) throws IOException {
        SentTransfer transfer = new SentTransfer(plan.target());
        stub.transfer(transfer);
        try {
            transfer.frame(TransferFrame.newBuilder()
                    .setHello(TransferHello.newBuilder()
                            .setMigration(plan.migration())
                            .setProcess(plan.process())
                            .setIncarnation(plan.incarnation())
                            .setEpoch(plan.nextEpoch())
                            .setToken(plan.token())
                            .setMemoryBytes(memoryBytes))
                    .build());
            transfer.await(READY_WITHIN, "be ready", () -> transfer.answered == TransferAnswer.State.READY);
        } catch (IOException | RuntimeException e) {
            transfer.close();
            throw e;
        }
        return transfer;
    }

    @Override
    public synchronized void send(String file, long offset, byte[] data) throws IOException {
        frame(TransferFrame.newBuilder()
                .setChunk(FileChunk.newBuilder().setFile(file).setOffset(offset).setData(ByteString.copyFrom(data)))
                .build());
    }

    @Override
    public synchronized long end(Checkpoint checkpoint, long files, long bytes) throws IOException {
        frame(TransferFrame.newBuilder()
                .setEnd(TransferEnd.newBuilder()
                        .setRootPid(checkpoint.rootPid())
                        .setStdoutInode(checkpoint.stdoutInode())
                        .setStderrInode(checkpoint.stderrInode())
                        .setFiles(files)
                        .setBytes(bytes))
                .build());
        await(RESTORES_WITHIN, "restore", () -> answered == TransferAnswer.State.RESTORED);
        return restoreMicros;
    }

    private synchronized void frame(TransferFrame frame) throws IOException {
        ClientCallStreamObserver<TransferFrame> to = begun();
        await(TAKES_WITHIN, "take images", to::isReady);
        to.onNext(frame);
    }

    private ClientCallStreamObserver<TransferFrame> begun() {
        if (call == null) throw new IllegalStateException("the transfer has not begun");
        return call;
    }

    private synchronized void await(Duration atMost, String what, BooleanSupplier done) throws IOException {
        long end = System.nanoTime() + atMost.toNanos();
        while (!done.getAsBoolean()) {
            if (failure != null) throw new IOException("the target " + target + ": " + failure);
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) throw new IOException("the target " + target + " does not " + what);
            try {
                wait(left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while the target was to " + what);
            }
        }
    }

    private synchronized void wake() {
        notifyAll();
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<TransferFrame> call) {
        this.call = call;
        call.setOnReadyHandler(this::wake);
    }

    @Override
    public synchronized void onNext(TransferAnswer answer) {
        answered = answer.getState();
        restoreMicros = answer.getRestoreMicros();
        if (answered == TransferAnswer.State.FAILED) failure = answer.getWhy();
        notifyAll();
    }

    @Override
    public synchronized void onError(Throwable t) {
        if (failure == null) failure = String.valueOf(t.getMessage());
        notifyAll();
    }

    @Override
    public synchronized void onCompleted() {
        if (failure == null) failure = "it has ended the transfer";
        notifyAll();
    }

    @Override
    public synchronized void close() {
        if (closed || call == null) return;
        closed = true;
        if (answered == TransferAnswer.State.RESTORED) call.onCompleted();
        else call.cancel("given up", null);
    }
}

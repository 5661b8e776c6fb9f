package dev.tomte.agent.peer;

import dev.tomte.agent.move.Arrival;
import dev.tomte.agent.move.Moves;
import dev.tomte.agent.tree.Tree.Checkpoint;
import dev.tomte.contracts.Names;
import dev.tomte.wire.FileChunk;
import dev.tomte.wire.TransferAnswer;
import dev.tomte.wire.TransferEnd;
import dev.tomte.wire.TransferFrame;
import dev.tomte.wire.TransferHello;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The frames of a transfer, at its target. gRPC calls it from one thread at a time, in the order of the frames. */
final class ArrivingTransfer implements StreamObserver<TransferFrame> {
    private static final System.Logger LOG = System.getLogger(ArrivingTransfer.class.getName());

    private final String caller;
    private final Moves moves;
    private final ServerCallStreamObserver<TransferAnswer> call;
    private @Nullable Arrival arrival;
    private boolean over;

    ArrivingTransfer(String caller, Moves moves, ServerCallStreamObserver<TransferAnswer> call) {
        this.caller = caller;
        this.moves = moves;
        this.call = call;
        call.disableAutoRequest();
        call.setOnCancelHandler(this::broken);
        call.request(1);
    }

    @Override
    public void onNext(TransferFrame frame) {
        if (over) return;
        try {
            switch (frame.getFrameCase()) {
                case HELLO -> begin(frame.getHello());
                case CHUNK -> write(frame.getChunk());
                case END -> end(frame.getEnd());
                case FRAME_NOT_SET -> throw new IOException("a frame of an unknown kind");
            }
            if (!over) call.request(1);
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "a transfer of " + caller + " fails", e);
            broken();
            answer(TransferAnswer.newBuilder()
                    .setState(TransferAnswer.State.FAILED)
                    .setWhy(e.getMessage() == null ? e.toString() : e.getMessage())
                    .build());
        }
    }

    private void begin(TransferHello hello) throws IOException {
        if (arrival != null) throw new IOException("a second beginning");
        arrival = moves.begin(
                caller,
                Names.label("migration", hello.getMigration()),
                hello.getIncarnation(),
                hello.getEpoch(),
                hello.getToken(),
                hello.getMemoryBytes());
        call.onNext(
                TransferAnswer.newBuilder().setState(TransferAnswer.State.READY).build());
    }

    private void write(FileChunk chunk) throws IOException {
        begun().write(chunk.getFile(), chunk.getOffset(), chunk.getData().toByteArray());
    }

    private void end(TransferEnd end) throws IOException {
        Checkpoint checkpoint = new Checkpoint(end.getRootPid(), end.getStdoutInode(), end.getStderrInode());
        long micros = begun().end(checkpoint, end.getFiles(), end.getBytes());
        over = true;
        answer(TransferAnswer.newBuilder()
                .setState(TransferAnswer.State.RESTORED)
                .setRestoreMicros(micros)
                .build());
    }

    private void answer(TransferAnswer last) {
        if (call.isCancelled()) return;
        call.onNext(last);
        call.onCompleted();
    }

    private Arrival begun() throws IOException {
        if (arrival == null) throw new IOException("images without a beginning");
        return arrival;
    }

    private void broken() {
        if (over) return;
        over = true;
        if (arrival != null) arrival.broken();
    }

    @Override
    public void onError(Throwable t) {
        broken();
    }

    @Override
    public void onCompleted() {
        if (over) return;
        broken();
        call.onCompleted();
    }
}

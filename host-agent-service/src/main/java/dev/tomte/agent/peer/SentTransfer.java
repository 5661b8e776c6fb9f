package dev.tomte.agent.peer;

import com.google.protobuf.MessageLite;
import dev.tomte.agent.move.Target;
import dev.tomte.agent.tree.Tree.Checkpoint;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.contracts.Identity;
import dev.tomte.home.frames.TlsChannel;
import dev.tomte.wire.TransferAnswer;
import dev.tomte.wire.TransferEnd;
import dev.tomte.wire.TransferFrame;
import dev.tomte.wire.TransferGrown;
import dev.tomte.wire.TransferHello;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A transfer at its source. One thread at a time sends; a thread of its own takes the answers. */
final class SentTransfer implements Target.Transfer {
    private static final Duration CONNECTS_WITHIN = Duration.ofSeconds(5);
    private static final Duration READY_WITHIN = Duration.ofSeconds(20);
    private static final Duration TAKES_WITHIN = Duration.ofSeconds(20);
    private static final Duration RESTORES_WITHIN = Duration.ofSeconds(60);
    /** When the connection has broken while it was written to, its reader learns why at once, or never. */
    private static final Duration SAYS_WHY_WITHIN = Duration.ofSeconds(1);

    private final String target;
    private final TransferLine line;
    private TransferAnswer.State answered = TransferAnswer.State.UNKNOWN;
    private boolean takesLayers;
    private long precopyRoom;
    private long restoreMicros;
    private @Nullable String failure;

    private SentTransfer(String target, TransferLine line) {
        this.target = target;
        this.line = line;
    }

    /** Returns when the target is ready. */
    static SentTransfer open(MovePlan plan, Checkpoint checkpoint, int port, Identity identity) throws IOException {
        InetSocketAddress address = new InetSocketAddress(plan.targetAddress(), port);
        TransferLine line;
        try {
            line = new TransferLine(TlsChannel.connect(address, plan.target(), identity, CONNECTS_WITHIN));
        } catch (IOException e) {
            throw new IOException("the target " + plan.target() + " cannot be reached: " + e.getMessage(), e);
        }
        SentTransfer transfer = new SentTransfer(plan.target(), line);
        Thread.ofPlatform().daemon().name("answers-" + plan.migration()).start(transfer::takeAnswers);
        try {
            transfer.frame(TransferFrame.newBuilder()
                    .setHello(TransferHello.newBuilder()
                            .setMigration(plan.migration())
                            .setProcess(plan.process())
                            .setIncarnation(plan.incarnation())
                            .setEpoch(plan.nextEpoch())
                            .setToken(plan.token())
                            .setRootPid(checkpoint.rootPid())
                            .setFed(checkpoint.fed())
                            .setStdinInode(checkpoint.stdinInode())
                            .setStdoutInode(checkpoint.stdoutInode())
                            .setStderrInode(checkpoint.stderrInode())
                            .setMemoryBytes(checkpoint.memoryBytes()))
                    .build());
            transfer.await(READY_WITHIN, "be ready", () -> transfer.answered == TransferAnswer.State.READY);
        } catch (IOException | RuntimeException e) {
            transfer.close();
            throw e;
        }
        return transfer;
    }

    private void takeAnswers() {
        try {
            while (true) taken(line.answer());
        } catch (IOException | RuntimeException e) {
            failed("it has ended the transfer: " + e.getMessage());
        }
    }

    private synchronized void taken(TransferAnswer answer) {
        answered = answer.getState();
        if (answered == TransferAnswer.State.READY) {
            takesLayers = answer.getTakesLayers();
            precopyRoom = answer.getPrecopyRoom();
        }
        restoreMicros = answer.getRestoreMicros();
        if (answered == TransferAnswer.State.FAILED) failed(answer.getWhy());
        notifyAll();
    }

    private synchronized void failed(String why) {
        if (failure == null) failure = why;
        notifyAll();
    }

    @Override
    public synchronized boolean takesLayers() {
        return takesLayers;
    }

    @Override
    public synchronized long precopyRoom() {
        return precopyRoom;
    }

    @Override
    public void grown(long memoryBytes) throws IOException {
        synchronized (this) {
            answered = TransferAnswer.State.UNKNOWN;
        }
        frame(TransferFrame.newBuilder()
                .setGrown(TransferGrown.newBuilder().setMemoryBytes(memoryBytes))
                .build());
        await(READY_WITHIN, "make more room", () -> answered == TransferAnswer.State.READY);
    }

    @Override
    public void send(int layer, String file, long offset, ByteBuffer data) throws IOException {
        sending(() -> line.send(layer, file, offset, data, TAKES_WITHIN));
    }

    @Override
    public void end(long files, long bytes) throws IOException {
        frame(TransferFrame.newBuilder()
                .setEnd(TransferEnd.newBuilder().setFiles(files).setBytes(bytes))
                .build());
    }

    @Override
    public long awaitRestored() throws IOException {
        await(RESTORES_WITHIN, "restore", () -> answered == TransferAnswer.State.RESTORED);
        synchronized (this) {
            return restoreMicros;
        }
    }

    private void frame(MessageLite frame) throws IOException {
        sending(() -> line.send(frame, TAKES_WITHIN));
    }

    private interface Sending {
        void now() throws IOException;
    }

    private void sending(Sending what) throws IOException {
        await(Duration.ZERO, "take images", () -> true);
        try {
            what.now();
        } catch (IOException e) {
            await(SAYS_WHY_WITHIN, "take images: " + e.getMessage(), () -> false);
        }
    }

    /** @throws IOException if the target has failed, or it is not done in time */
    private synchronized void await(Duration atMost, String what, BooleanSupplier done) throws IOException {
        long end = System.nanoTime() + atMost.toNanos();
        while (true) {
            if (failure != null && answered != TransferAnswer.State.RESTORED)
                throw new IOException("the target " + target + ": " + failure);
            if (done.getAsBoolean()) return;
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

    @Override
    public void close() {
        line.close();
    }
}

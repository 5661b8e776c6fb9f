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
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;

/** A transfer at its target, in the thread of its connection. */
final class ArrivingTransfer {
    private static final System.Logger LOG = System.getLogger(ArrivingTransfer.class.getName());
    private static final Duration SAYS_HELLO_WITHIN = Duration.ofSeconds(5);
    private static final Duration TAKES_ANSWERS_WITHIN = Duration.ofSeconds(5);

    private final TransferLine line;
    private final Moves moves;

    ArrivingTransfer(TransferLine line, Moves moves) {
        this.line = line;
        this.moves = moves;
    }

    /**
     * Returns when RESTORED or FAILED has been answered.
     *
     * @throws IOException if the connection ended before
     */
    void run() throws IOException {
        Arrival arrival;
        try {
            arrival = begin();
        } catch (EOFException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            fail(e);
            return;
        }
        long micros;
        try {
            micros = take(arrival);
        } catch (IOException | RuntimeException e) {
            arrival.broken();
            fail(e);
            return;
        }
        // whoever does not get it asks the register, as this host does
        answer(TransferAnswer.newBuilder()
                .setState(TransferAnswer.State.RESTORED)
                .setRestoreMicros(micros)
                .build());
    }

    private Arrival begin() throws IOException {
        TransferFrame first = line.frame(SAYS_HELLO_WITHIN);
        if (!first.hasHello()) throw new IOException("images without a beginning");
        TransferHello hello = first.getHello();
        return moves.begin(
                line.peer(),
                Names.label("migration", hello.getMigration()),
                hello.getIncarnation(),
                hello.getEpoch(),
                hello.getToken(),
                new Checkpoint(
                        hello.getRootPid(),
                        hello.getFed(),
                        hello.getStdinInode(),
                        hello.getStdoutInode(),
                        hello.getStderrInode(),
                        hello.getMemoryBytes()));
    }

    /** How long the restore took, microseconds. */
    private long take(Arrival arrival) throws IOException {
        ready(arrival);
        while (true) {
            TransferFrame frame = line.frame();
            switch (frame.getFrameCase()) {
                case CHUNK -> {
                    FileChunk chunk = frame.getChunk();
                    arrival.write(chunk.getLayer(), chunk.getFile(), chunk.getOffset(), line.data(chunk));
                }
                case GROWN -> {
                    arrival.grown(frame.getGrown().getMemoryBytes());
                    ready(arrival);
                }
                case END -> {
                    TransferEnd end = frame.getEnd();
                    return arrival.end(end.getFiles(), end.getBytes());
                }
                case HELLO -> throw new IOException("a second beginning");
                case FRAME_NOT_SET -> throw new IOException("a frame of an unknown kind");
            }
        }
    }

    private void ready(Arrival arrival) throws IOException {
        answer(TransferAnswer.newBuilder()
                .setState(TransferAnswer.State.READY)
                .setTakesLayers(true)
                .setPrecopyRoom(arrival.precopyRoom())
                .build());
    }

    private void fail(Exception why) throws IOException {
        LOG.log(System.Logger.Level.WARNING, "a transfer of " + line.peer() + " fails", why);
        answer(TransferAnswer.newBuilder()
                .setState(TransferAnswer.State.FAILED)
                .setWhy(why.getMessage() == null ? why.toString() : why.getMessage())
                .build());
        // a connection that is closed with something unread in it loses what was said last
        line.ignoreRest(TAKES_ANSWERS_WITHIN);
    }

    private void answer(TransferAnswer answer) throws IOException {
        line.send(answer, TAKES_ANSWERS_WITHIN);
    }
}

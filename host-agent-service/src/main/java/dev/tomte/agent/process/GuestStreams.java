package dev.tomte.agent.process;

import com.google.protobuf.ByteString;
import dev.tomte.agent.streams.InputPump;
import dev.tomte.agent.streams.OutputPump;
import dev.tomte.stub.FedBytes;
import dev.tomte.stub.StandardStream;
import dev.tomte.wire.InputQuestion;
import dev.tomte.wire.OutputChunk;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What a guest writes on its way home, and what it reads on its way from there, while it runs here. Any thread. */
final class GuestStreams {
    private final Guest guest;
    private final Neighbours neighbours;
    private @Nullable OutputPump output;
    private @Nullable InputPump input;

    GuestStreams(Guest guest, Neighbours neighbours) {
        this.guest = guest;
        this.neighbours = neighbours;
    }

    /** They flow from now on. Again: no effect. */
    synchronized void flow() throws IOException {
        if (output != null) return;
        GuestNote note = guest.note();
        OutputPump fresh = new OutputPump(guest.stub(), this::send, note.bases(), guest::rememberBases);
        fresh.epoch(note.epoch());
        output = fresh;
        if (note.fed()) input = new InputPump(guest.stub(), this::ask);
    }

    private long send(StandardStream stream, long epoch, long offset, byte[] bytes) throws IOException {
        OutputChunk chunk = OutputChunk.newBuilder()
                .setProcess(guest.pod().process())
                .setIncarnation(guest.pod().incarnation())
                .setEpoch(epoch)
                .setStream(stream.number())
                .setOffset(offset)
                .setData(ByteString.copyFrom(bytes))
                .build();
        return neighbours.output(guest.home(), chunk);
    }

    private FedBytes ask(long consumed, long from, Duration wait) throws IOException {
        return neighbours.input(
                guest.home(),
                InputQuestion.newBuilder()
                        .setKey(guest.key())
                        .setConsumed(consumed)
                        .setFrom(from)
                        .setWaitMillis((int) wait.toMillis())
                        .build());
    }

    /** Frozen: all that it has written is at home, and home knows how much it has read. */
    void settle(Duration within) throws IOException {
        drain(within);
        InputPump now = input();
        if (now != null) now.settle();
    }

    /** All that it has written is at home. */
    void drain(Duration within) throws IOException {
        OutputPump now = output();
        if (now != null) now.drain(within);
    }

    /** What it writes from now on is of this epoch. */
    void epoch(long epoch) throws IOException {
        OutputPump now = output();
        if (now != null) now.epoch(epoch);
    }

    void close() {
        OutputPump lastOutput = output();
        InputPump lastInput = input();
        if (lastInput != null) lastInput.close();
        if (lastOutput != null) lastOutput.close();
    }

    private synchronized @Nullable OutputPump output() {
        return output;
    }

    private synchronized @Nullable InputPump input() {
        return input;
    }
}

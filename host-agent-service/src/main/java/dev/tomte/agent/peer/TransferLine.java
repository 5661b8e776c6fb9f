package dev.tomte.agent.peer;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import dev.tomte.home.frames.TlsChannel;
import dev.tomte.wire.FileChunk;
import dev.tomte.wire.TransferAnswer;
import dev.tomte.wire.TransferFrame;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * The connection of one transfer. A message is a length of four bytes and as many bytes of protobuf; what a chunk
 * announces follows it as it is, so that memory is encrypted from where it was read and written from where it was
 * decrypted. One thread reads, one at a time writes; any thread closes.
 */
final class TransferLine implements AutoCloseable {
    /** The most that one chunk carries, bytes. */
    static final int LARGEST_CHUNK = 256 << 10;

    private static final int LARGEST_MESSAGE = 4 << 10;
    /** Most images have some hundred bytes: each by itself would cost both sides a record and some calls, bytes. */
    private static final int WORTH_SENDING = 64 << 10;

    private final TlsChannel channel;
    private final ByteBuffer in = ByteBuffer.allocateDirect(LARGEST_CHUNK);
    private final ByteBuffer out = ByteBuffer.allocateDirect(LARGEST_CHUNK + LARGEST_MESSAGE);

    TransferLine(TlsChannel channel) {
        this.channel = channel;
    }

    /** The host that its certificate names. */
    String peer() {
        return channel.peer().name();
    }

    /** Sends a message, and what has waited for it. */
    void send(MessageLite message, Duration within) throws IOException {
        if (out.remaining() < LARGEST_MESSAGE) flush(within);
        put(message);
        flush(within);
    }

    /**
     * Sends all that is left of the data, which is at most {@link #LARGEST_CHUNK}; little of it waits for more, or for
     * the next message.
     */
    void send(int layer, String file, long offset, ByteBuffer data, Duration within) throws IOException {
        if (out.remaining() < LARGEST_MESSAGE + data.remaining()) flush(within);
        put(TransferFrame.newBuilder()
                .setChunk(FileChunk.newBuilder()
                        .setLayer(layer)
                        .setFile(file)
                        .setOffset(offset)
                        .setBytes(data.remaining()))
                .build());
        out.put(data);
        if (out.position() >= WORTH_SENDING) flush(within);
    }

    private void put(MessageLite message) throws IOException {
        byte[] bytes = message.toByteArray();
        if (bytes.length > LARGEST_MESSAGE - Integer.BYTES) throw new IOException("a message is too long");
        out.putInt(bytes.length).put(bytes);
    }

    private void flush(Duration within) throws IOException {
        out.flip();
        channel.within(within, () -> {
            channel.write(out);
            return out.clear();
        });
    }

    TransferFrame frame() throws IOException {
        return receive(TransferFrame.parser());
    }

    TransferFrame frame(Duration within) throws IOException {
        return channel.within(within, this::frame);
    }

    TransferAnswer answer() throws IOException {
        return receive(TransferAnswer.parser());
    }

    private <M> M receive(Parser<M> parser) throws IOException {
        int length = read(Integer.BYTES).getInt();
        if (length < 0 || length > LARGEST_MESSAGE) throw new IOException("a message of " + length + " bytes");
        try {
            return parser.parseFrom(read(length));
        } catch (InvalidProtocolBufferException e) {
            throw new IOException("a message that is none", e);
        }
    }

    /**
     * What a chunk has announced.
     *
     * @return valid until the next call that receives
     */
    ByteBuffer data(FileChunk chunk) throws IOException {
        if (chunk.getBytes() < 0 || chunk.getBytes() > LARGEST_CHUNK)
            throw new IOException("a chunk of " + chunk.getBytes() + " bytes");
        return read(chunk.getBytes());
    }

    private ByteBuffer read(int bytes) throws IOException {
        channel.readFully(in.clear().limit(bytes));
        return in.flip();
    }

    /** Takes no more notice of what comes, until the other side closes or the time is over. */
    void ignoreRest(Duration atMost) throws IOException {
        channel.within(atMost, () -> {
            while (channel.read(in.clear()) >= 0) in.clear();
            return in;
        });
    }

    @Override
    public void close() {
        channel.close();
    }
}

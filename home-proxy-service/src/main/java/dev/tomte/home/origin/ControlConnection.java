package dev.tomte.home.origin;

import dev.tomte.home.frames.Fuse;
import dev.tomte.home.frames.TlsChannel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The connection for signs of life, beside whatever file call takes long, and for recalls: a guest that has had a sign of
 * life has also had each recall before it.
 */
final class ControlConnection {
    private final TlsChannel channel;
    private final Session session;

    ControlConnection(TlsChannel channel, Session session) {
        this.channel = channel;
        this.session = session;
    }

    /** Answers until the connection ends. */
    void run() throws IOException {
        session.delegations.through(this);
        ByteBuffer frame = ByteBuffer.allocate(Fuse.IN_HEADER + Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        while (true) {
            channel.readFully(frame.clear().limit(Fuse.IN_HEADER));
            int bytes = frame.getInt(0);
            int opcode = frame.getInt(4);
            if (opcode == Fuse.PING && bytes == Fuse.IN_HEADER) {
                session.delegations.heard();
                channel.write(frame(Fuse.OUT_HEADER, 0, frame.getLong(8)).flip());
                continue;
            }
            boolean known = opcode == Fuse.RECALLED || opcode == Fuse.RETURNED;
            if (!known || bytes != frame.capacity()) return;
            channel.readFully(frame.limit(bytes));
            long number = frame.getLong(Fuse.IN_HEADER);
            session.givenBack(number, opcode == Fuse.RETURNED);
        }
    }

    /** Tells the guest; a connection that has gone is no matter: it opens nothing by itself without one. */
    void recall(long number) {
        try {
            channel.write(frame(Fuse.OUT_HEADER + Long.BYTES, Fuse.RECALL, 0)
                    .putLong(number)
                    .flip());
        } catch (IOException e) {
            channel.close();
        }
    }

    private static ByteBuffer frame(int bytes, int code, long number) {
        return ByteBuffer.allocate(bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(bytes)
                .putInt(code)
                .putLong(number);
    }
}

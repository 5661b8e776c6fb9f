package dev.tomte.home.origin;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import dev.tomte.home.frames.Fuse;
import dev.tomte.home.frames.TlsChannel;
import dev.tomte.linux.ThreadIdentity;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** One data connection: its thread takes one frame after the other, and sends replies together where it can. */
final class Connection {
    private static final int IN_BYTES = Fuse.MAX_REQUEST + (128 << 10);
    private static final int OUT_BYTES = Fuse.MAX_REPLY + (128 << 10);
    private static final int ENOUGH_TO_SEND = 64 << 10;

    private final TlsChannel channel;
    private final Session session;
    private int end;
    private int next;
    private int unsent;

    Connection(TlsChannel channel, Session session) {
        this.channel = channel;
        this.session = session;
    }

    /** Serves until the connection ends. The calling thread must be this connection's own. */
    void run() throws IOException {
        int thread = ThreadIdentity.number();
        session.watch.own(thread);
        try {
            serve();
        } finally {
            session.watch.notOwn(thread);
        }
    }

    /** Its memory goes with it, not when a collector finds time: guests may come and go as often as they like. */
    private void serve() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            serve(arena);
        }
    }

    private void serve(Arena arena) throws IOException {
        MemorySegment frames = arena.allocate(IN_BYTES, 8);
        MemorySegment replies = arena.allocate(OUT_BYTES, 8);
        ByteBuffer in = frames.asByteBuffer();
        ByteBuffer out = replies.asByteBuffer();
        Call call = new Call(frames, replies, arena);
        while (true) {
            while (end - next >= Fuse.IN_HEADER) {
                int bytes = frames.get(JAVA_INT_UNALIGNED, next);
                if (bytes < Fuse.IN_HEADER || bytes > Fuse.MAX_REQUEST)
                    throw new ProtocolException("a frame of " + bytes + " bytes");
                if (end - next < bytes) break;
                call.request.at(next, bytes);
                next += bytes;
                if (!take(call)) return;
                if (unsent > ENOUGH_TO_SEND) send(out);
            }
            send(out);
            if (session.wantsCompacting()) {
                call.identity.root();
                session.compact();
            }
            makeRoom(in);
            in.limit(IN_BYTES).position(end);
            int bytes = channel.read(in);
            if (bytes < 0) return;
            end += bytes;
        }
    }

    private void makeRoom(ByteBuffer in) {
        if (next == end) next = end = 0;
        else if (IN_BYTES - next < Fuse.MAX_REQUEST) {
            in.limit(end).position(next);
            in.compact();
            end -= next;
            next = 0;
        }
    }

    private void send(ByteBuffer out) throws IOException {
        if (unsent == 0) return;
        session.flushJournal();
        channel.write(out.clear().limit(unsent));
        unsent = 0;
    }

    /** @return false when the guest has said that its mount has ended */
    private boolean take(Call call) throws IOException {
        Request request = call.request;
        switch (request.opcode()) {
            case Fuse.FENCE -> {
                call.identity.root();
                int held = session.fence();
                call.reply.begin(unsent);
                call.reply.u32(held).u32(0);
                unsent += call.reply.finish(request.unique(), 0);
            }
            case Fuse.ACKNOWLEDGE -> {
                session.acknowledge(request);
            }
            case Fuse.ANSWERS_FOR_RARE_ATTRIBUTES -> {
                call.rareAttributes.want();
                call.reply.begin(unsent);
                unsent += call.reply.finish(request.unique(), 0);
            }
            case Fuse.OPENS_DELEGATED -> {
                call.opensDelegated = true;
                call.reply.begin(unsent);
                unsent += call.reply.finish(request.unique(), 0);
            }
            case Fuse.BYE -> {
                call.identity.root();
                if (session.end()) session.letGo();
                return false;
            }
            default -> unsent += session.serve(call, unsent, this);
        }
        return true;
    }

    /** Answers a request whose lock has been waited for; a connection that has gone is no matter: it comes again. */
    void answerLater(long unique, int errno) {
        FileMetrics.SERVED.answered(Fuse.SETLKW, errno);
        ByteBuffer reply = ByteBuffer.allocateDirect(Fuse.OUT_HEADER)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(Fuse.OUT_HEADER)
                .putInt(-errno)
                .putLong(unique)
                .flip();
        Thread.startVirtualThread(() -> {
            try {
                channel.write(reply);
            } catch (IOException e) {
                channel.close();
            }
        });
    }
}

package dev.tomte.home.origin;

import dev.tomte.home.frames.TlsChannel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The connection on which a guest is told what has changed at home. It is not one with answers: the guest's kernel may
 * wait for an answer before it has taken a notice.
 */
final class NoticeConnection {
    private final TlsChannel channel;
    private final Session session;

    NoticeConnection(TlsChannel channel, Session session) {
        this.channel = channel;
        this.session = session;
    }

    /** Sends until the connection or the session ends. */
    void run() throws IOException {
        Thread sender = Thread.ofPlatform().daemon().name("home-notices").start(this::send);
        try {
            // the guest has nothing to say here: whatever comes is the end
            channel.read(ByteBuffer.allocate(1));
        } finally {
            channel.close();
            session.watch.wake();
            try {
                sender.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void send() {
        // what has happened while nobody listened is not known
        session.notices.everything();
        ByteBuffer out = Notices.buffer();
        try {
            while (channel.isOpen() && session.watch.await()) {
                session.watch.catchUp();
                List<Notices.Notice> notices =
                        session.notices.takeEverything() ? session.nodes.believed() : session.notices.take();
                for (Notices.Notice notice : notices) {
                    if (!Notices.hasRoom(out)) flush(out);
                    Notices.write(notice, out);
                }
                flush(out);
            }
        } catch (IOException | RuntimeException e) {
            channel.close();
        }
    }

    private void flush(ByteBuffer out) throws IOException {
        session.flushJournal();
        channel.write(out.flip());
        out.clear();
    }
}

package dev.tomte.home.mount;

import dev.tomte.home.frames.Fuse;
import dev.tomte.home.frames.TlsChannel;
import dev.tomte.linux.BootClock;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;

/** Asks home again and again whether it is there, and hears what it recalls meanwhile. */
final class SignsOfLife {
    /** Without an answer for so long home counts as gone; a pause of its JVM should not. */
    private static final Duration SILENCE = Duration.ofSeconds(10);

    private static final long PAUSE_MILLIS = 1000;

    private final TlsChannel channel;
    private final Delegations delegations;
    private final long begun = BootClock.nanos();
    private volatile long heard = begun;

    SignsOfLife(TlsChannel channel, Delegations delegations) {
        this.channel = channel;
        this.delegations = delegations;
    }

    /** Asks until there is no answer: then the connection is closed. A question's number is when it was asked. */
    void ask() throws InterruptedException {
        try {
            while (BootClock.nanos() - heard < SILENCE.toNanos()) {
                channel.write(Link.frame(Fuse.PING, BootClock.nanos(), 0).flip());
                Thread.sleep(PAUSE_MILLIS);
            }
        } catch (IOException e) {
            // whoever hears is told the same
        } finally {
            channel.close();
        }
    }

    /** Hears until the connection ends. */
    void hear() throws IOException {
        ByteBuffer frame = ByteBuffer.allocate(Fuse.OUT_HEADER + Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        while (true) {
            channel.readFully(frame.clear().limit(Fuse.OUT_HEADER));
            int bytes = frame.getInt(0);
            boolean recall = frame.getInt(4) == Fuse.RECALL;
            if (bytes != (recall ? Fuse.OUT_HEADER + Long.BYTES : Fuse.OUT_HEADER))
                throw new ProtocolException("an odd sign of life");
            if (recall) {
                channel.readFully(frame.limit(bytes));
                delegations.recall(frame.getLong(Fuse.OUT_HEADER));
                continue;
            }
            long asked = frame.getLong(8);
            long now = BootClock.nanos();
            if (asked < begun || asked > now) throw new ProtocolException("an odd sign of life");
            heard = now;
            delegations.heard(asked);
        }
    }

    /** Tells home of a delegation that is not used any more; if that cannot be, the link ends, and all of them with it. */
    void tell(int code, long number) {
        try {
            channel.write(Link.frame(code, Fuse.OWN, Long.BYTES).putLong(number).flip());
        } catch (IOException e) {
            channel.close();
        }
    }
}

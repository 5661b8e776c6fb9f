package dev.tomte.home.mount;

import dev.tomte.contracts.Identity;
import dev.tomte.home.frames.Fuse;
import dev.tomte.home.frames.Hello;
import dev.tomte.home.frames.TlsChannel;
import dev.tomte.home.frames.Welcome;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The connections of one mount to its home: one for each pump, one for signs of life and one for notices of changes.
 * They live and end together.
 */
final class Link implements AutoCloseable {
    private static final Duration CONNECT = Duration.ofSeconds(5);
    /** Without an answer for so long home counts as gone; a pause of its JVM should not. */
    private static final Duration SILENCE = Duration.ofSeconds(10);

    private static final long PING_MILLIS = 1000;

    private final List<TlsChannel> data;
    private final TlsChannel control;
    private final TlsChannel notices;

    private Link(List<TlsChannel> data, TlsChannel control, TlsChannel notices) {
        this.data = data;
        this.control = control;
        this.notices = notices;
    }

    /** On which home says what has changed there. */
    TlsChannel notices() {
        return notices;
    }

    /** A connection for each pump. */
    List<TlsChannel> data() {
        return data;
    }

    /** Home does not take the connection now. */
    static final class NotWelcome extends IOException {
        private static final long serialVersionUID = 1;

        private final Welcome answer;

        NotWelcome(Welcome answer) {
            super("home's answer is " + answer);
            this.answer = answer;
        }

        Welcome answer() {
            return answer;
        }
    }

    /** Connects all of them, once. */
    static Link connect(GuestMount.Config config, long epoch, String mount, int pumps) throws IOException {
        Identity identity = new Identity(config.tls());
        List<TlsChannel> open = new ArrayList<>();
        try {
            List<Hello.Kind> kinds = new ArrayList<>(Collections.nCopies(pumps, Hello.Kind.DATA));
            kinds.add(Hello.Kind.CONTROL);
            kinds.add(Hello.Kind.NOTICES);
            for (Hello.Kind kind : kinds) {
                TlsChannel channel = TlsChannel.connect(config.home(), config.homeName(), identity, CONNECT);
                open.add(channel);
                new Hello(config.process(), config.incarnation(), epoch, mount, kind).send(channel);
                Welcome answer = channel.within(CONNECT, () -> Welcome.receive(channel));
                if (answer != Welcome.COME_IN) throw new NotWelcome(answer);
            }
            return new Link(List.copyOf(open.subList(0, pumps)), open.get(pumps), open.get(pumps + 1));
        } catch (IOException e) {
            open.forEach(TlsChannel::close);
            throw e;
        }
    }

    /** Asks for signs of life until there are none. */
    void watch() throws IOException, InterruptedException {
        ByteBuffer reply = ByteBuffer.allocate(Fuse.OUT_HEADER).order(ByteOrder.LITTLE_ENDIAN);
        for (long number = Fuse.OWN; ; number++) {
            ByteBuffer ping = frame(Fuse.PING, number, 0);
            control.write(ping.flip());
            control.within(SILENCE, () -> {
                control.readFully(reply.clear());
                return reply;
            });
            if (reply.getInt(0) != Fuse.OUT_HEADER || reply.getLong(8) != number)
                throw new ProtocolException("an odd sign of life");
            Thread.sleep(PING_MILLIS);
        }
    }

    /** A frame of our own with a header, to be filled and flipped. */
    static ByteBuffer frame(int opcode, long number, int bodyBytes) {
        int bytes = Fuse.IN_HEADER + bodyBytes;
        return ByteBuffer.allocateDirect(bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(bytes)
                .putInt(opcode)
                .putLong(number)
                .position(Fuse.IN_HEADER);
    }

    @Override
    public void close() {
        data.forEach(TlsChannel::close);
        control.close();
        notices.close();
    }
}

package dev.tomte.home.mount;

import dev.tomte.contracts.Identity;
import dev.tomte.home.frames.Fuse;
import dev.tomte.home.frames.Hello;
import dev.tomte.home.frames.TlsChannel;
import dev.tomte.home.frames.Welcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * The connections of one mount to its home: one for each pump, one for signs of life and one for notices of changes.
 * They live and end together.
 */
final class Link implements AutoCloseable {
    private static final Duration CONNECT = Duration.ofSeconds(5);

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

    /** For signs of life. */
    TlsChannel control() {
        return control;
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

    /** Connects all of them, once; those after the first at the same time, when home has taken the first. */
    static Link connect(GuestMount.Config config, long epoch, String mount, int pumps) throws IOException {
        List<Hello.Kind> kinds = new ArrayList<>(Collections.nCopies(pumps, Hello.Kind.DATA));
        kinds.add(Hello.Kind.CONTROL);
        kinds.add(Hello.Kind.NOTICES);
        List<TlsChannel> open = new ArrayList<>();
        try {
            open.add(connect(config, epoch, mount, kinds.removeFirst()));
            List<FutureTask<TlsChannel>> others = new ArrayList<>();
            for (Hello.Kind kind : kinds) {
                FutureTask<TlsChannel> other = new FutureTask<>(() -> connect(config, epoch, mount, kind));
                others.add(other);
                Thread.ofPlatform().daemon().name("home-connect").start(other);
            }
            IOException failure = null;
            for (FutureTask<TlsChannel> other : others) {
                try {
                    open.add(made(other));
                } catch (IOException e) {
                    failure = e;
                }
            }
            if (failure != null) throw failure;
            return new Link(List.copyOf(open.subList(0, pumps)), open.get(pumps), open.get(pumps + 1));
        } catch (IOException e) {
            open.forEach(TlsChannel::close);
            throw e;
        }
    }

    private static TlsChannel connect(GuestMount.Config config, long epoch, String mount, Hello.Kind kind)
            throws IOException {
        TlsChannel channel = TlsChannel.connect(config.home(), config.homeName(), new Identity(config.tls()), CONNECT);
        try {
            new Hello(config.process(), config.incarnation(), epoch, mount, kind).send(channel);
            Welcome answer = channel.within(CONNECT, () -> Welcome.receive(channel));
            if (answer != Welcome.COME_IN) throw new NotWelcome(answer);
            return channel;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** Waits for one, which does not take for ever; to be interrupted only afterwards. */
    private static TlsChannel made(FutureTask<TlsChannel> connecting) throws IOException {
        boolean interrupted = false;
        while (true) {
            try {
                TlsChannel channel = connecting.get();
                if (interrupted) Thread.currentThread().interrupt();
                return channel;
            } catch (ExecutionException e) {
                if (interrupted) Thread.currentThread().interrupt();
                throw e.getCause() instanceof IOException failure ? failure : new IOException(e.getCause());
            } catch (InterruptedException e) {
                interrupted = true;
            }
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

package dev.tomte.idle.beside;

import dev.tomte.contracts.Json;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import tools.jackson.core.JacksonException;

/** One JSON object a line, over a connected socket. One thread receives; any may send. */
final class Lines implements AutoCloseable {
    /** Both ends are of one image: another version is a mistake, and is not spoken with. */
    static final int VERSION = 1;

    /** The cgroups of some thousand guests. */
    private static final int LONGEST = 1 << 20;

    private static final System.Logger LOG = System.getLogger(Lines.class.getName());

    private final SocketChannel channel;
    private final InputStream in;
    private final OutputStream out;

    Lines(SocketChannel channel) {
        this.channel = channel;
        in = new BufferedInputStream(Channels.newInputStream(channel));
        out = Channels.newOutputStream(channel);
    }

    /** @throws IllegalArgumentException if it is another */
    static void requireVersion(int version) {
        if (version != VERSION)
            throw new IllegalArgumentException("version " + version + " is spoken, and not " + VERSION);
    }

    /** Waits while the other end does not read. */
    void send(Object message) throws IOException {
        byte[] line = (Json.write(message) + "\n").getBytes(StandardCharsets.UTF_8);
        synchronized (out) {
            out.write(line);
        }
    }

    /** @throws IOException if it is no such message, or the other end has closed (an {@link EOFException}) */
    <T> T receive(Class<T> type) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) throw new EOFException("the other end has closed");
            if (line.size() == LONGEST) throw new IOException("a line is longer than " + LONGEST);
            line.write(next);
        }
        try {
            return Json.read(line.toString(StandardCharsets.UTF_8), type);
        } catch (JacksonException e) {
            throw new IOException("what was said is no " + type.getSimpleName() + ": " + e.getOriginalMessage(), e);
        }
    }

    /** A thread that waits in {@link #receive} or {@link #send} ends with an exception. */
    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "a connection did not close well", e);
        }
    }
}

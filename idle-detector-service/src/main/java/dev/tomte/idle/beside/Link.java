package dev.tomte.idle.beside;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInput;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.time.DateTimeException;

/**
 * Messages over a connected socket, each after its version. Not as JSON: what reads that would be a third of the
 * memory that is a detector's own. One thread receives; any may send.
 */
final class Link implements AutoCloseable {
    /** Both ends are of one image: another version is a mistake, and is not spoken with. */
    static final int VERSION = 1;

    private static final System.Logger LOG = System.getLogger(Link.class.getName());

    private final SocketChannel channel;
    private final DataInputStream in;
    private final DataOutputStream out;

    Link(SocketChannel channel) {
        this.channel = channel;
        in = new DataInputStream(new BufferedInputStream(Channels.newInputStream(channel)));
        out = new DataOutputStream(new BufferedOutputStream(Channels.newOutputStream(channel)));
    }

    /** What reads a message. */
    @FunctionalInterface
    interface Reader<T> {
        /** @throws IllegalArgumentException if it is none */
        T read(DataInput in) throws IOException;
    }

    /** Waits while the other end does not read. */
    void send(Message message) throws IOException {
        synchronized (out) {
            out.writeByte(VERSION);
            message.write(out);
            out.flush();
        }
    }

    /** @throws IOException if it is no such message, or the other end has closed */
    <T> T receive(Reader<T> reader) throws IOException {
        try {
            int version = in.readByte();
            if (version != VERSION) throw new IOException("version " + version + " is spoken, and not " + VERSION);
            return reader.read(in);
        } catch (EOFException e) {
            throw new IOException("the other end has closed", e);
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new IOException("what was said cannot be: " + e.getMessage(), e);
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

package dev.tomte.home.frames;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.util.regex.Pattern;

/**
 * The first frame of a connection, guest to home: whose files it wants, and what the connection is for.
 *
 * @param process the process id
 * @param incarnation its home pod's life
 * @param epoch the epoch that the guest's host has or will have
 * @param mount 16 hexadecimal digits that name this mount: a session survives its connections, not its mount
 * @param kind what the connection carries
 */
public record Hello(String process, String incarnation, long epoch, String mount, Kind kind) {
    /** What a connection carries. */
    public enum Kind {
        /** File calls and their answers. */
        DATA('D'),
        /** Signs of life, beside whatever file call takes long. */
        CONTROL('C'),
        /** What has changed at home. */
        NOTICES('N');

        private final int code;

        Kind(int code) {
            this.code = code;
        }

        private static Kind of(int code) throws ProtocolException {
            for (Kind kind : values()) if (kind.code == code) return kind;
            throw new ProtocolException("a connection of unknown kind");
        }
    }

    private static final short VERSION = 1;
    private static final int MAX_BYTES = 1024;
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]{0,127}");
    private static final Pattern MOUNT = Pattern.compile("[0-9a-f]{16}");

    public Hello {
        if (!ID.matcher(process).matches()) throw new IllegalArgumentException("not a process id");
        if (!ID.matcher(incarnation).matches()) throw new IllegalArgumentException("not an incarnation");
        if (!MOUNT.matcher(mount).matches()) throw new IllegalArgumentException("not a mount's name");
        if (epoch < 1) throw new IllegalArgumentException("not an epoch: " + epoch);
    }

    public void send(TlsChannel channel) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeShort(VERSION);
        out.writeByte(kind.code);
        out.writeLong(epoch);
        out.writeUTF(process);
        out.writeUTF(incarnation);
        out.writeUTF(mount);
        channel.write(ByteBuffer.allocate(4 + bytes.size())
                .putInt(bytes.size())
                .put(bytes.toByteArray())
                .flip());
    }

    /** Reads the peer's; whatever it sends is checked. */
    public static Hello receive(TlsChannel channel) throws IOException {
        ByteBuffer length = ByteBuffer.allocate(4);
        channel.readFully(length);
        int bytes = length.getInt(0);
        if (bytes < 1 || bytes > MAX_BYTES) throw new ProtocolException("a hello of " + bytes + " bytes");
        ByteBuffer body = ByteBuffer.allocate(bytes);
        channel.readFully(body);
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(body.array()));
        short version = in.readShort();
        if (version != VERSION) throw new ProtocolException("version " + version + " of the protocol is not known");
        Kind kind = Kind.of(in.readUnsignedByte());
        long epoch = in.readLong();
        try {
            return new Hello(in.readUTF(), in.readUTF(), epoch, in.readUTF(), kind);
        } catch (IllegalArgumentException e) {
            throw new ProtocolException(e.getMessage());
        }
    }
}

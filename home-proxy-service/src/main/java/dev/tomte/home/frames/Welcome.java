package dev.tomte.home.frames;

import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;

/** Home's answer to a {@link Hello}: one byte. */
public enum Welcome {
    /** The connection is open. */
    COME_IN('W'),
    /** Ask again in a moment: home cannot tell yet. */
    LATER('L'),
    /** The session's epoch has passed, or the register names another host. */
    STALE('S'),
    /** No such home pod is here. */
    UNKNOWN('U');

    private final byte code;

    Welcome(char code) {
        this.code = (byte) code;
    }

    public void send(TlsChannel channel) throws IOException {
        channel.write(ByteBuffer.allocate(1).put(code).flip());
    }

    public static Welcome receive(TlsChannel channel) throws IOException {
        ByteBuffer one = ByteBuffer.allocate(1);
        channel.readFully(one);
        for (Welcome answer : values()) if (answer.code == one.get(0)) return answer;
        throw new ProtocolException("an unknown answer to the hello");
    }
}

package dev.tomte.stub;

import dev.tomte.linux.Fd;
import dev.tomte.linux.Pipe;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** An answer or event as it is read. A stub that says less than it should is an error, not a crash. */
final class Answer implements AutoCloseable {
    private final ByteBuffer bytes;
    private final List<Fd> fds;
    private int taken;

    Answer(byte[] bytes, int from, List<Fd> fds) {
        this.bytes = ByteBuffer.wrap(bytes, from, bytes.length - from).order(ByteOrder.LITTLE_ENDIAN);
        this.fds = fds;
    }

    private interface Read<T> {
        T from(ByteBuffer bytes);
    }

    private <T> T read(Read<T> read) throws IOException {
        try {
            return read.from(bytes);
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            throw new IOException("the stub's answer makes no sense", e);
        }
    }

    int u8() throws IOException {
        return read(b -> b.get() & 0xff);
    }

    int u16() throws IOException {
        return read(b -> b.getShort() & 0xffff);
    }

    int u32() throws IOException {
        return read(ByteBuffer::getInt);
    }

    long u64() throws IOException {
        return read(ByteBuffer::getLong);
    }

    String string() throws IOException {
        return new String(bytes(u16()), StandardCharsets.UTF_8);
    }

    byte[] blob() throws IOException {
        return bytes(u32());
    }

    private byte[] bytes(int length) throws IOException {
        if (length < 0 || length > bytes.remaining()) throw new IOException("the stub's answer is too short");
        return read(b -> {
            byte[] value = new byte[length];
            b.get(value);
            return value;
        });
    }

    Register register() throws IOException {
        String incarnation = string();
        long epoch = u64();
        String holder = string();
        return read(b -> new Register(incarnation, epoch, holder));
    }

    Optional<Exit> exit() throws IOException {
        boolean there = u8() != 0;
        Exit exit = new Exit(u32(), u32());
        return there ? Optional.of(exit) : Optional.empty();
    }

    <E extends Enum<E>> E oneOf(Class<E> type) throws IOException {
        int ordinal = u8();
        E[] all = type.getEnumConstants();
        if (all == null || ordinal >= all.length) throw new IOException("unknown " + type.getSimpleName());
        return all[ordinal];
    }

    /** The next descriptor, which is the caller's from now on. */
    Fd fd() throws IOException {
        if (taken >= fds.size()) throw new IOException("the stub's answer lacks a descriptor");
        return fds.get(taken++);
    }

    Pipe pipe() throws IOException {
        return new Pipe(fd(), fd());
    }

    List<Fd> allFds() {
        taken = fds.size();
        return fds;
    }

    /** Closes the descriptors that nobody has taken. */
    @Override
    public void close() {
        while (taken < fds.size()) fds.get(taken++).close();
    }
}

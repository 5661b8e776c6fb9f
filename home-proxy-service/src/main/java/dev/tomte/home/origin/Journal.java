package dev.tomte.home.origin;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * What a session must know again when this JVM was killed: an append-only file on a tmpfs. It need not survive the
 * machine, so nothing is synced. Records are written together, before the guest hears of what they are about; an intent at
 * once, as it must be there before anything is done. Any thread may call.
 */
final class Journal implements AutoCloseable {
    /** What is read back, in the order in which it was written. */
    interface Reader {
        void node(long id, long parent, long device, long inode, int type, boolean barred, byte[] name);

        void forgotten(long node);

        void handle(long id, long node, boolean directory, boolean appends);

        void closed(long handle);

        void intent(long unique, Intent intent);

        void answer(long unique, Answer answer);

        void acknowledged(long unique);
    }

    private static final byte NODE = 1;
    private static final byte FORGOTTEN = 2;
    private static final byte HANDLE = 3;
    private static final byte CLOSED = 4;
    private static final byte INTENT = 5;
    private static final byte ANSWER = 6;
    private static final byte ACKNOWLEDGED = 7;
    private static final int MAX_RECORD = 8192;
    private static final int TOGETHER = 8 * MAX_RECORD;
    private static final int HEADER = 4;
    private static final long LARGE = 1 << 20;

    private final Path file;
    private FileChannel channel;
    private long bytes;
    /** The size at which it is worth to be written anew. */
    private long large = LARGE;

    /** Records that are not written yet. */
    private final ByteBuffer records = ByteBuffer.allocateDirect(TOGETHER);

    private int start;

    Journal(Path file) throws IOException {
        this.file = file;
        channel = open(file);
    }

    private static FileChannel open(Path file) throws IOException {
        return FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }

    /** Whether most of it may have become worthless. */
    synchronized boolean isLarge() {
        return bytes + records.position() > large;
    }

    /** Writes it anew: what the content writes is all that is left. Nothing else may write meanwhile. */
    synchronized void rewrite(Runnable content) throws IOException {
        flush();
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(fresh);
        FileChannel former = channel;
        channel = open(fresh);
        try {
            bytes = 0;
            content.run();
            flush();
            large = Math.max(LARGE, 2 * bytes);
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException | RuntimeException e) {
            records.clear();
            channel.close();
            channel = former;
            throw e;
        }
        former.close();
    }

    private ByteBuffer begin(byte type) {
        if (records.remaining() < MAX_RECORD) flush();
        start = records.position();
        return records.position(start + HEADER).put(type);
    }

    private void end() {
        records.putInt(start, records.position() - start - HEADER);
    }

    /** Writes what has been noted: to be called before anybody is told of it. */
    synchronized void flush() {
        if (records.position() == 0) return;
        records.flip();
        try {
            while (records.hasRemaining()) bytes += channel.write(records);
        } catch (IOException e) {
            throw new UncheckedIOException("the journal " + file.getFileName() + " cannot be written", e);
        } finally {
            records.clear();
        }
    }

    synchronized void node(Node node) {
        Node parent = node.parent;
        begin(NODE)
                .putLong(node.id)
                .putLong(parent == null ? 0 : parent.id)
                .putLong(node.device)
                .putLong(node.inode)
                .putInt(node.type)
                .put((byte) (node.barred ? 1 : 0))
                .put(node.name);
        end();
    }

    synchronized void forgotten(Node node) {
        begin(FORGOTTEN).putLong(node.id);
        end();
    }

    synchronized void handle(Handle handle) {
        begin(HANDLE)
                .putLong(handle.id)
                .putLong(handle.node.id)
                .put((byte) (handle.directory ? 1 : 0))
                .put((byte) (handle.appends ? 1 : 0));
        end();
    }

    synchronized void closed(Handle handle) {
        begin(CLOSED).putLong(handle.id);
        end();
    }

    synchronized void intent(long unique, Intent intent) {
        begin(INTENT)
                .putLong(unique)
                .putLong(intent.device())
                .putLong(intent.inode())
                .putLong(intent.size());
        end();
        flush();
    }

    synchronized void answer(long unique, Answer answer) {
        begin(ANSWER).putLong(unique).putInt(answer.errno()).put(answer.payload());
        end();
    }

    synchronized void acknowledged(long unique) {
        begin(ACKNOWLEDGED).putLong(unique);
        end();
    }

    /** Reads a journal; a torn record at its end was never answered, and is left out. */
    static void read(Path file, Reader reader) throws IOException {
        ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file));
        while (all.remaining() > HEADER) {
            int bytes = all.getInt();
            if (bytes < 1 || bytes > all.remaining()) return;
            ByteBuffer one = all.slice(all.position(), bytes);
            all.position(all.position() + bytes);
            try {
                record(one, reader);
            } catch (BufferUnderflowException e) {
                throw new IOException("the journal " + file + " is damaged", e);
            }
        }
    }

    private static void record(ByteBuffer one, Reader reader) throws IOException {
        byte type = one.get();
        switch (type) {
            case NODE ->
                reader.node(
                        one.getLong(),
                        one.getLong(),
                        one.getLong(),
                        one.getLong(),
                        one.getInt(),
                        one.get() != 0,
                        rest(one));
            case FORGOTTEN -> reader.forgotten(one.getLong());
            case HANDLE -> reader.handle(one.getLong(), one.getLong(), one.get() != 0, one.get() != 0);
            case CLOSED -> reader.closed(one.getLong());
            case INTENT -> reader.intent(one.getLong(), new Intent(one.getLong(), one.getLong(), one.getLong()));
            case ANSWER -> reader.answer(one.getLong(), Answer.of(one.getInt(), rest(one)));
            case ACKNOWLEDGED -> reader.acknowledged(one.getLong());
            default -> throw new IOException("the journal has a record of unknown type " + type);
        }
    }

    private static byte[] rest(ByteBuffer one) {
        byte[] rest = new byte[one.remaining()];
        one.get(rest);
        return rest;
    }

    /** Lets go of the file, which stays. */
    @Override
    public synchronized void close() {
        try {
            if (channel.isOpen()) flush();
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The session has ended: nothing of it will be asked for again. */
    void delete() throws IOException {
        close();
        Files.deleteIfExists(file);
    }
}

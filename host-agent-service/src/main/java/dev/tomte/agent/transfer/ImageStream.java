package dev.tomte.agent.transfer;

import dev.tomte.agent.move.Target;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Sends a directory of images while criu still writes it. Files of pages only grow at their ends, so their pieces go
 * out as they come; the small images are rewritten until criu ends, so they go last.
 */
final class ImageStream {
    private static final int PIECE = 256 << 10;
    private static final long LOOK_NANOS = 500_000;

    private final Path directory;
    private final Target.Transfer transfer;
    private final Thread thread;
    private final Map<String, Sending> all = new TreeMap<>();
    private final ByteBuffer piece = ByteBuffer.allocateDirect(PIECE);
    private long bytes;
    private volatile boolean written;
    private volatile boolean abandoned;
    private volatile @Nullable IOException failure;

    /** Begins to send. */
    ImageStream(Path directory, Target.Transfer transfer) {
        this.directory = directory;
        this.transfer = transfer;
        this.thread = Thread.ofPlatform()
                .daemon()
                .name("images-" + directory.getFileName())
                .start(this::run);
    }

    /** All is written: waits until all is sent. */
    void finish() throws IOException {
        written = true;
        LockSupport.unpark(thread);
        join();
        IOException failed = failure;
        if (failed != null) throw new IOException(failed.getMessage(), failed);
    }

    /** The dump has failed: sends no more. */
    void abandon() {
        abandoned = true;
        LockSupport.unpark(thread);
        join();
    }

    /** After {@link #finish()}. */
    long files() {
        return all.size();
    }

    /** After {@link #finish()}. */
    long bytes() {
        return bytes;
    }

    private void run() {
        try {
            while (!written && !abandoned) {
                boolean any = false;
                for (String name : names())
                    if (name.startsWith("pages-")) any |= image(name).sendWholePieces();
                if (!any) LockSupport.parkNanos(LOOK_NANOS);
            }
            if (abandoned) return;
            for (String name : names()) image(name).sendRest();
        } catch (IOException e) {
            failure = e;
        } catch (RuntimeException e) {
            failure = new IOException("the images could not be sent: " + e, e);
        } finally {
            all.values().forEach(Sending::close);
        }
    }

    private String[] names() throws IOException {
        String[] names = directory.toFile().list((parent, name) -> name.endsWith(".img"));
        if (names == null) throw new IOException("there is no " + directory);
        Arrays.sort(names);
        return names;
    }

    private Sending image(String name) throws IOException {
        Sending known = all.get(name);
        if (known != null) return known;
        Path file = directory.resolve(name);
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) throw new IOException(name + " is no plain file");
        Sending fresh = new Sending(name, FileChannel.open(file, StandardOpenOption.READ));
        all.put(name, fresh);
        return fresh;
    }

    /** One image, and how much of it is sent. */
    private final class Sending {
        private final String name;
        private final FileChannel from;
        private long sent;

        Sending(String name, FileChannel from) {
            this.name = name;
            this.from = from;
        }

        /** @return whether there was one */
        boolean sendWholePieces() throws IOException {
            boolean any = false;
            for (long size = from.size(); size - sent >= PIECE && !abandoned; any = true) send(PIECE);
            return any;
        }

        void sendRest() throws IOException {
            // an empty image is an image too
            if (from.size() == 0) send(0);
            for (long left; (left = from.size() - sent) > 0; ) send((int) Math.min(PIECE, left));
        }

        private void send(int length) throws IOException {
            piece.clear().limit(length);
            while (piece.hasRemaining())
                if (from.read(piece, sent + piece.position()) < 0) throw new IOException(name + " has shrunk");
            transfer.send(0, name, sent, piece.flip());
            sent += length;
            bytes += length;
        }

        void close() {
            try {
                from.close();
            } catch (IOException e) {
                // it was only read
            }
        }
    }

    private void join() {
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
    }
}

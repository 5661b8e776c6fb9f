package dev.tomte.agent.transfer;

import dev.tomte.agent.move.Target;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
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
    private final Map<String, Long> sent = new HashMap<>();
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
        join();
        IOException failed = failure;
        if (failed != null) throw new IOException(failed.getMessage(), failed);
    }

    /** The dump has failed: sends no more. */
    void abandon() {
        abandoned = true;
        join();
    }

    /** After {@link #finish()}. */
    long files() {
        return sent.size();
    }

    /** After {@link #finish()}. */
    long bytes() {
        return bytes;
    }

    private void run() {
        try {
            while (!written && !abandoned) {
                boolean any = false;
                for (Path file : files("pages-*.img")) any |= send(file, false);
                if (!any) LockSupport.parkNanos(LOOK_NANOS);
            }
            if (abandoned) return;
            for (Path file : files("*")) send(file, true);
        } catch (IOException e) {
            failure = e;
        } catch (RuntimeException e) {
            failure = new IOException("the images could not be sent: " + e, e);
        }
    }

    private Iterable<Path> files(String glob) throws IOException {
        TreeSet<Path> files = new TreeSet<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(directory, glob)) {
            for (Path file : all)
                if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                        && !file.toString().endsWith(".log")) files.add(file);
        }
        return List.copyOf(files);
    }

    /** @return whether anything was sent */
    private boolean send(Path file, boolean whole) throws IOException {
        String name = String.valueOf(file.getFileName());
        long offset = sent.getOrDefault(name, 0L);
        boolean any = false;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            for (long left; !abandoned && (left = channel.size() - offset) > 0; ) {
                if (left < PIECE && !whole) return any;
                offset += sendPiece(channel, name, offset, (int) Math.min(PIECE, left));
                any = true;
            }
        } catch (NoSuchFileException e) {
            if (whole) throw e;
            return any;
        }
        // an empty image is an image too
        if (whole && !sent.containsKey(name)) sendPiece(name, 0, new byte[0]);
        return any;
    }

    private int sendPiece(FileChannel channel, String name, long offset, int length) throws IOException {
        ByteBuffer piece = ByteBuffer.allocate(length);
        while (piece.hasRemaining())
            if (channel.read(piece, offset + piece.position()) < 0) throw new IOException(name + " has shrunk");
        sendPiece(name, offset, piece.array());
        return length;
    }

    private void sendPiece(String name, long offset, byte[] data) throws IOException {
        transfer.send(name, offset, data);
        sent.put(name, offset + data.length);
        bytes += data.length;
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

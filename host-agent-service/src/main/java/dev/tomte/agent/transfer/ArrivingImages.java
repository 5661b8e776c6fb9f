package dev.tomte.agent.transfer;

import dev.tomte.agent.move.Images;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Images written as they arrive. What names and offsets say is not trusted. */
final class ArrivingImages implements Images.Arriving {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}");
    private static final int MOST_FILES = 100_000;

    private final Path directory;
    private final Map<String, Long> arrived = new HashMap<>();
    private long bytes;

    ArrivingImages(Path directory) {
        this.directory = directory;
    }

    @Override
    public Path directory() {
        return directory;
    }

    @Override
    public void write(String file, long offset, ByteBuffer data) throws IOException {
        if (!NAME.matcher(file).matches()) throw new IOException("not the name of an image");
        Long end = arrived.get(file);
        if (offset != (end == null ? 0 : end)) throw new IOException("a piece of " + file + " is missing");
        if (end == null && arrived.size() >= MOST_FILES) throw new IOException("too many images");
        int length = data.remaining();
        try (FileChannel channel = FileChannel.open(directory.resolve(file), options(end == null))) {
            for (long at = offset; data.hasRemaining(); ) at += channel.write(data, at);
        }
        arrived.put(file, offset + length);
        bytes += length;
    }

    private static Set<OpenOption> options(boolean first) {
        return first
                ? Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)
                : Set.of(StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
    }

    @Override
    public void end(long files, long bytes) throws IOException {
        if (files != arrived.size() || bytes != this.bytes)
            throw new IOException("%d images of %d bytes have arrived, not %d of %d"
                    .formatted(arrived.size(), this.bytes, files, bytes));
    }
}

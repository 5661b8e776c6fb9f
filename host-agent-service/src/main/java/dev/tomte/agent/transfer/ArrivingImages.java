package dev.tomte.agent.transfer;

import dev.tomte.agent.move.Images;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
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
    private static final int MOST_LAYERS = 100;
    /** No image is called so: criu's names have an ending. */
    private static final String LAYER = "layer-";
    /** criu/include/image.h: CR_PARENT_LINK. */
    private static final String PARENT = "parent";

    private final Path directory;
    private final Map<Path, Long> arrived = new HashMap<>();
    private int layers;
    private long bytes;

    ArrivingImages(Path directory) {
        this.directory = directory;
    }

    @Override
    public Path directory() {
        return directory;
    }

    @Override
    public void write(int layer, String name, long offset, ByteBuffer data) throws IOException {
        if (!NAME.matcher(name).matches()) throw new IOException("not the name of an image");
        Path file = directoryOf(layer).resolve(name);
        Long end = arrived.get(file);
        if (offset != (end == null ? 0 : end)) throw new IOException("a piece of " + name + " is missing");
        if (end == null && arrived.size() >= MOST_FILES) throw new IOException("too many images");
        int length = data.remaining();
        try (FileChannel channel = FileChannel.open(file, options(end == null))) {
            for (long at = offset; data.hasRemaining(); ) at += channel.write(data, at);
        }
        arrived.put(file, offset + length);
        bytes += length;
    }

    /** Each layer's directory names the one before as criu does, and the images name the last. */
    private Path directoryOf(int layer) throws IOException {
        if (layer == 0) return directory;
        if (layer < 0 || layer > MOST_LAYERS || layer > layers + 1) throw new IOException("no layer is to come");
        Path own = directory.resolve(LAYER + layer);
        if (layer > layers) {
            Files.createDirectory(own);
            if (layer > 1) Files.createSymbolicLink(own.resolve(PARENT), Path.of("..", LAYER + layers));
            layers = layer;
        }
        return own;
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
        if (layers > 0) Files.createSymbolicLink(directory.resolve(PARENT), Path.of(LAYER + layers));
    }
}

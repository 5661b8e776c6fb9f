package dev.tomte.agent.bus;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.OptionalLong;
import java.util.Properties;

/** How far each partition of one Kafka has been read, in a file. One thread. */
final class Positions {
    private static final String CLUSTER = "cluster";

    private final Path file;
    private final Properties next = new Properties();

    Positions(Path file) {
        this.file = file;
        try (InputStream in = Files.newInputStream(file)) {
            next.load(in);
        } catch (NoSuchFileException e) {
            next.clear();
        } catch (IOException | IllegalArgumentException e) {
            throw new IllegalStateException(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Forgets all that is of another Kafka than that: its offsets mean nothing here. */
    void keepThoseOf(String cluster) {
        // a note without a name is from before there were names, and of the same
        if (!next.getProperty(CLUSTER, cluster).equals(cluster)) next.clear();
        next.setProperty(CLUSTER, cluster);
    }

    /** The offset to read next. */
    OptionalLong of(int partition) {
        String noted = next.getProperty(Integer.toString(partition));
        return noted == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(noted));
    }

    void note(int partition, long offset) throws IOException {
        next.setProperty(Integer.toString(partition), Long.toString(offset));
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        try (OutputStream out = Files.newOutputStream(fresh)) {
            next.store(out, null);
        }
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    }
}

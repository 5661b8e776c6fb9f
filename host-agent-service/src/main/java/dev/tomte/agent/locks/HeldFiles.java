package dev.tomte.agent.locks;

import dev.tomte.contracts.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The open files with locks of a checkpoint, as they travel with its images. */
public record HeldFiles(List<HeldFile> files) {
    /** The ending is that of what is sent. */
    private static final String IMAGE = "held-files.img";
    /** So many can be given to a restore. */
    private static final int MOST = 200;

    public HeldFiles {
        files = List.copyOf(files);
    }

    /** @throws IOException if these are too many to move */
    public static HeldFiles of(List<HeldFile> files) throws IOException {
        if (files.size() > MOST)
            throw new IOException("it has file locks by " + files.size() + " descriptors; with more than " + MOST
                    + " it is not moved");
        return new HeldFiles(files);
    }

    /** Adds them to the images, if there are any. */
    public void write(Path images) throws IOException {
        if (!files.isEmpty()) Files.writeString(images.resolve(IMAGE), Json.write(this));
    }

    /** @throws IOException if what the images say of them cannot be understood */
    public static HeldFiles read(Path images) throws IOException {
        Path image = images.resolve(IMAGE);
        if (!Files.exists(image)) return new HeldFiles(List.of());
        try {
            return Json.read(Files.readString(image), HeldFiles.class);
        } catch (RuntimeException e) {
            throw new IOException("the images say nothing clear of file locks", e);
        }
    }
}

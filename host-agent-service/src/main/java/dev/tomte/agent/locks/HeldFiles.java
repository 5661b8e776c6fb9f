package dev.tomte.agent.locks;

import dev.tomte.contracts.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The file locks of a checkpoint, as they travel with its images.
 *
 * @param files open files with locks of their own
 * @param processes files of which processes have locked something for themselves
 */
public record HeldFiles(List<HeldFile> files, List<ProcessLocks> processes) {
    public static final HeldFiles NONE = new HeldFiles(List.of(), List.of());

    /** The ending is that of what is sent. */
    private static final String IMAGE = "held-files.img";
    /** So many can be given to a restore. */
    private static final int MOST = 200;

    public HeldFiles {
        files = List.copyOf(files);
        processes = processes == null ? List.of() : List.copyOf(processes);
    }

    public boolean isEmpty() {
        return files.isEmpty() && processes.isEmpty();
    }

    /** @throws IOException if these are too many to move */
    static HeldFiles of(List<HeldFile> files, List<ProcessLocks> processes) throws IOException {
        int all = files.size() + processes.size();
        if (all > MOST)
            throw new IOException(
                    "it has file locks by " + all + " descriptors; with more than " + MOST + " it is not moved");
        return new HeldFiles(files, processes);
    }

    /** Adds them to the images, if there are any. */
    public void write(Path images) throws IOException {
        if (!isEmpty()) Files.writeString(images.resolve(IMAGE), Json.write(this));
    }

    /** @throws IOException if what the images say of them cannot be understood */
    public static HeldFiles read(Path images) throws IOException {
        Path image = images.resolve(IMAGE);
        if (!Files.exists(image)) return NONE;
        try {
            return Json.read(Files.readString(image), HeldFiles.class);
        } catch (RuntimeException e) {
            throw new IOException("the images say nothing clear of file locks", e);
        }
    }
}

package dev.tomte.agent.transfer;

import dev.tomte.agent.move.Images;
import dev.tomte.agent.tree.Tree;
import dev.tomte.contracts.Command.MovePlan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Images in directories of a tmpfs, readable by this user only; one directory for each plan and way. */
public final class ImageDirectories implements Images {
    private static final System.Logger LOG = System.getLogger(ImageDirectories.class.getName());

    private final Path parent;

    /**
     * @param parent a directory on a tmpfs: memory images are never to reach a disk
     * @throws IOException if it cannot be made
     */
    public ImageDirectories(Path parent) throws IOException {
        this.parent = Files.createDirectories(parent);
    }

    @Override
    public Leaving leave(MovePlan plan, Tree tree) throws IOException {
        Path directory = fresh(plan, "out");
        try {
            return new LeavingImages(directory, tree, tree.readyDump(directory));
        } catch (IOException | RuntimeException e) {
            discard(plan);
            throw e;
        }
    }

    @Override
    public Arriving receive(MovePlan plan) throws IOException {
        return new ArrivingImages(fresh(plan, "in"));
    }

    @Override
    public void discard(MovePlan plan) {
        for (String way : List.of("in", "out")) {
            try {
                delete(directory(plan, way));
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "images are left behind: " + plan, e);
            }
        }
    }

    private Path directory(MovePlan plan, String way) {
        return parent.resolve(plan.migration() + "-" + way);
    }

    private Path fresh(MovePlan plan, String way) throws IOException {
        Path directory = directory(plan, way);
        delete(directory);
        return Files.createDirectory(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    static void delete(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(path);
        } catch (NoSuchFileException e) {
            return;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}

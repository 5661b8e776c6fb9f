package dev.tomte.agent.transfer;

import dev.tomte.agent.move.Images;
import dev.tomte.agent.move.Target;
import dev.tomte.agent.tree.Tree;
import dev.tomte.agent.tree.Tree.Checkpoint;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.linux.MemoryBound;
import dev.tomte.linux.ProcFs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Images in directories of a tmpfs, readable by this user only; one directory for each plan and way. */
public final class ImageDirectories implements Images {
    private static final System.Logger LOG = System.getLogger(ImageDirectories.class.getName());

    /** To find 4 KiB of it again takes 24 to 48 bytes of this JVM's heap. */
    private static final long MOST_PRECOPIED = 1L << 30;
    /** What this host needs for all else meanwhile, bytes. */
    private static final long SPARE = 64 << 20;

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

    private static final class LeavingImages implements Leaving {
        private final Path directory;
        private final Tree tree;
        private final Tree.Dump dump;
        private @Nullable MemoryLayers memory;
        private boolean begun;

        LeavingImages(Path directory, Tree tree, Tree.Dump dump) {
            this.directory = directory;
            this.tree = tree;
            this.dump = dump;
        }

        @Override
        public Checkpoint checkpoint() {
            return dump.checkpoint();
        }

        @Override
        public void precopy(Target.Transfer transfer, BooleanSupplier wanted) throws IOException {
            if (!transfer.takesLayers() || hasMemoryOfOtherKinds() || !dump.leaveMemory()) return;
            MemoryLayers layers = new MemoryLayers(tree, transfer);
            memory = layers;
            long room = Math.min(MOST_PRECOPIED, transfer.precopyRoom());
            // who stands already would only stand for longer
            if (room > 0 && !tree.isFrozen() && hasMemoryFor(room))
                orTooLarge(() -> {
                    layers.precopy(directory, room, wanted);
                    return room;
                });
        }

        /** criu dumps locked memory and huge pages itself: they would be sent twice. */
        private boolean hasMemoryOfOtherKinds() throws IOException {
            for (int pid : tree.processes()) if (new ProcFs(pid).hasLockedOrHugePages()) return true;
            return false;
        }

        private interface Work<T> {
            T now() throws IOException;
        }

        /** Maps of very many pages may not fit into this JVM's heap: then the process does not move, and runs on. */
        private static <T> T orTooLarge(Work<T> work) throws IOException {
            try {
                return work.now();
            } catch (OutOfMemoryError e) {
                throw new IOException("its memory has more parts than this host's agent has heap for (-Xmx)", e);
            }
        }

        /** What is copied is here too until all is sent. */
        private static boolean hasMemoryFor(long room) throws IOException {
            return Math.min(ProcFs.availableMemory(), MemoryBound.left()) >= room + SPARE;
        }

        @Override
        public Sent send(Target.Transfer transfer) throws IOException {
            begun = true;
            MemoryLayers layers = memory;
            return layers == null ? sendWhileWritten(transfer) : orTooLarge(() -> sendBeside(layers, transfer));
        }

        private Sent sendWhileWritten(Target.Transfer transfer) throws IOException {
            ImageStream stream = new ImageStream(directory, transfer);
            long began = System.nanoTime();
            try {
                dump.write();
            } catch (IOException | RuntimeException e) {
                stream.abandon();
                throw e;
            }
            long micros = (System.nanoTime() - began) / 1000;
            stream.finish();
            return new Sent(stream.files(), stream.bytes(), micros);
        }

        /** criu leaves the memory, which is sent meanwhile; its own images are small, and go when all of them are there. */
        private Sent sendBeside(MemoryLayers memory, Target.Transfer transfer) throws IOException {
            memory.stand();
            FutureTask<Long> dumped = new FutureTask<>(() -> {
                long began = System.nanoTime();
                dump.write();
                return (System.nanoTime() - began) / 1000;
            });
            Thread.ofPlatform().name("dump-" + directory.getFileName()).start(dumped);
            try {
                memory.copyStanding(() -> dumped.state() != Future.State.FAILED);
            } catch (IOException | RuntimeException | OutOfMemoryError e) {
                awaitAfter(e, dumped);
                throw e;
            }
            long micros = await(dumped);
            memory.finish(directory);
            ImageStream stream = new ImageStream(directory, transfer);
            stream.finish();
            return new Sent(memory.files() + stream.files(), memory.bytes() + stream.bytes(), micros);
        }

        private static void awaitAfter(Throwable failure, Future<Long> dumped) {
            try {
                await(dumped);
            } catch (IOException e) {
                failure.addSuppressed(e);
            }
        }

        /** Never interrupted: a running criu is waited for. */
        private static long await(Future<Long> dumped) throws IOException {
            boolean interrupted = false;
            try {
                while (true) {
                    try {
                        return dumped.get();
                    } catch (InterruptedException e) {
                        interrupted = true;
                    } catch (ExecutionException e) {
                        throw new IOException(
                                e.getCause() == null
                                        ? e.toString()
                                        : e.getCause().getMessage(),
                                e.getCause());
                    }
                }
            } finally {
                if (interrupted) Thread.currentThread().interrupt();
            }
        }

        @Override
        public void end() throws IOException {
            dump.end();
        }

        @Override
        public void close() {
            dump.close();
            if (memory != null) memory.close();
            if (begun) return;
            try {
                delete(directory);
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "{0} is left behind: {1}", directory, e.getMessage());
            }
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

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(path);
        } catch (NoSuchFileException e) {
            return;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}

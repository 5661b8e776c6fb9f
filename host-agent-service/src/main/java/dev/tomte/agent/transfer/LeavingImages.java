package dev.tomte.agent.transfer;

import dev.tomte.agent.move.Images;
import dev.tomte.agent.move.Target;
import dev.tomte.agent.tree.Tree;
import dev.tomte.agent.tree.Tree.Checkpoint;
import dev.tomte.linux.MemoryBound;
import dev.tomte.linux.ProcFs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A tree's checkpoint on its way: what of it criu writes, and what is read from the processes. One thread. */
final class LeavingImages implements Images.Leaving {
    private static final System.Logger LOG = System.getLogger(LeavingImages.class.getName());

    /** To find 4 KiB of it again takes 24 to 48 bytes of this JVM's memory. */
    private static final long MOST_PRECOPIED = 1L << 30;
    /** What this host needs for all else meanwhile, bytes. */
    private static final long SPARE = 64 << 20;

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

    /** Maps of very many pages may not fit into this JVM: then the process does not move, and runs on. */
    private static <T> T orTooLarge(Work<T> work) throws IOException {
        try {
            return work.now();
        } catch (OutOfMemoryError e) {
            throw new IOException(
                    "its memory has more parts than this host's agent has memory for (-Xmx, -XX:MaxDirectMemorySize)",
                    e);
        }
    }

    /** What is copied is here too until all is sent. */
    private static boolean hasMemoryFor(long room) throws IOException {
        return Math.min(ProcFs.availableMemory(), MemoryBound.left()) >= room + SPARE;
    }

    @Override
    public Images.Sent send(Target.Transfer transfer) throws IOException {
        begun = true;
        MemoryLayers layers = memory;
        return layers == null ? sendWhileWritten(transfer) : orTooLarge(() -> sendBeside(layers, transfer));
    }

    private Images.Sent sendWhileWritten(Target.Transfer transfer) throws IOException {
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
        return new Images.Sent(stream.files(), stream.bytes(), micros);
    }

    /** criu leaves the memory, which is sent meanwhile; its own images are small, and go when all of them are there. */
    private Images.Sent sendBeside(MemoryLayers memory, Target.Transfer transfer) throws IOException {
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
        return new Images.Sent(memory.files() + stream.files(), memory.bytes() + stream.bytes(), micros);
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
                            e.getCause() == null ? e.toString() : e.getCause().getMessage(), e.getCause());
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
            ImageDirectories.delete(directory);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "{0} is left behind: {1}", directory, e.getMessage());
        }
    }
}

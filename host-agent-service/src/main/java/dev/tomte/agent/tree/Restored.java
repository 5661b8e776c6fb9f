package dev.tomte.agent.tree;

import dev.tomte.agent.criu.Criu;
import dev.tomte.agent.criu.PipeInodes;
import dev.tomte.agent.criu.Place;
import dev.tomte.agent.criu.TaskFile;
import dev.tomte.agent.locks.HeldFiles;
import dev.tomte.agent.locks.Locks;
import dev.tomte.agent.pod.Pod;
import dev.tomte.agent.pod.StubLine;
import dev.tomte.agent.tree.Tree.Checkpoint;
import dev.tomte.linux.Cgroup;
import dev.tomte.stub.Streams;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Restores a tree into a pod, and holds it there until it may run. One thread at a time. */
public final class Restored {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Place place;
    private final StubLine stub;
    private final Criu criu;
    private final Locks locks;
    private Criu.@Nullable Restore waiting;
    private @Nullable Path arriving;

    public Restored(Place place, StubLine stub, Criu criu, Locks locks) {
        this.place = place;
        this.stub = stub;
        this.criu = criu;
        this.locks = locks;
    }

    /** Starts what restores; it waits for {@link #restore} or {@link #destroy}. */
    public void ready(Path images, Checkpoint checkpoint) throws IOException {
        arriving = images;
        // what a tree is born into must not stand: it could not be made
        place.pod().tree().thaw();
        Streams streams = stub.ask(connection -> checkpoint.fed() ? connection.fedStreams() : connection.streams());
        waiting = checkpoint.hasBegun()
                ? criu.readyRestore(
                        place,
                        images,
                        streams,
                        new PipeInodes(checkpoint.stdinInode(), checkpoint.stdoutInode(), checkpoint.stderrInode()))
                : criu.readyBegin(place, images, streams, checkpoint.rootPid());
    }

    /** When it returns, the tree stands frozen in its cgroup, and nothing of it has run. */
    public void restore() throws IOException {
        Criu.Restore restore = waiting;
        Path images = arriving;
        if (restore == null || images == null)
            throw new IllegalStateException("no restore waits in " + place.pod().id());
        waiting = null;
        HeldFiles held = HeldFiles.read(images);
        List<TaskFile> files = List.of();
        try (restore) {
            files = locks.take(held.files());
            restore.run(files, this::hold);
        } finally {
            files.forEach(one -> one.file().close());
        }
        if (!place.pod().tree().isPopulated()) throw new IOException("nothing was restored");
        locks.adopt(held);
    }

    private void hold() throws IOException {
        Cgroup tree = place.pod().tree();
        tree.freeze();
        if (!tree.awaitFrozen(true, PATIENCE)) throw new IOException("the restored tree does not stand");
    }

    /** The register has decided for it. Again: no effect. */
    public void run(int rootPid) throws IOException {
        adopt(rootPid);
        locks.arrive();
        place.pod().tree().thaw();
    }

    /** Ends what waits to restore. */
    public void letGo() {
        Criu.Restore restore = waiting;
        waiting = null;
        if (restore != null) restore.close();
    }

    /** The same, but it stands on: who asks lets it run. */
    public void adopt(int rootPid) throws IOException {
        stub.tell(connection -> connection.adopt(rootPid));
    }

    /** Ends what was restored, wholly or in part; the pod stays. */
    public void destroy() throws IOException {
        Pod pod = place.pod();
        // What criu has not let go of never runs, so one after the other will do.
        if (!pod.tools().killEach(PATIENCE) || !pod.tree().killEach(PATIENCE))
            throw new IOException("the restored tree does not end");
        letGo();
        pod.tree().thaw();
    }
}

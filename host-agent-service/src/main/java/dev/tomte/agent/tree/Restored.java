package dev.tomte.agent.tree;

import dev.tomte.agent.criu.Criu;
import dev.tomte.agent.criu.Place;
import dev.tomte.agent.pod.Pod;
import dev.tomte.agent.pod.StubLine;
import dev.tomte.agent.tree.Tree.Checkpoint;
import dev.tomte.stub.Streams;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;

/** Restores a tree into a pod, and holds it there until it may run. */
public final class Restored {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Place place;
    private final StubLine stub;
    private final Criu criu;

    public Restored(Place place, StubLine stub, Criu criu) {
        this.place = place;
        this.stub = stub;
        this.criu = criu;
    }

    /** When it returns, the tree stands frozen in its cgroup, and nothing of it has run. */
    public void restore(Path images, Checkpoint checkpoint) throws IOException {
        Pod pod = place.pod();
        // Frozen before there is anything in it: whatever comes here stands.
        pod.tree().freeze();
        try (Streams streams = stub.ask(connection -> connection.streams())) {
            criu.restore(place, images, streams, checkpoint.stdoutInode(), checkpoint.stderrInode(), this::hold);
        }
        if (!pod.tree().awaitFrozen(true, PATIENCE)) throw new IOException("the restored tree does not stand");
        if (!pod.tree().isPopulated()) throw new IOException("nothing was restored");
    }

    /** Everything in the tools' cgroup but criu is the tree; what stands does not fork, so one look is enough. */
    private void hold(Set<Integer> criu) throws IOException {
        for (int pid : place.pod().tools().processes())
            if (!criu.contains(pid)) place.pod().tree().add(pid);
    }

    /** The register has decided for it. Again: no effect. */
    public void run(int rootPid) throws IOException {
        adopt(rootPid);
        place.pod().tree().thaw();
    }

    /** The same, but it stands on: who asks lets it run. */
    public void adopt(int rootPid) throws IOException {
        stub.tell(connection -> connection.adopt(rootPid));
    }

    /** Ends what was restored, wholly or in part; the pod stays. */
    public void destroy() throws IOException {
        Pod pod = place.pod();
        // Both at once: a tree whose criu has died must not run.
        pod.tree().kill();
        pod.tools().kill();
        if (!pod.tree().awaitEmpty(PATIENCE) || !pod.tools().awaitEmpty(PATIENCE))
            throw new IOException("the restored tree does not end");
        pod.tree().thaw();
    }
}

package dev.tomte.agent.process;

import dev.tomte.agent.criu.Place;
import dev.tomte.agent.tree.Restored;
import dev.tomte.agent.tree.Tree;
import dev.tomte.linux.Errno;
import dev.tomte.stub.Phase;
import dev.tomte.stub.StubConnection;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The home pod as the target of a move: room is always there. */
final class HomeRoom implements Tree.Room {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final HomeProcesses homes;
    private final HomeProcess process;
    private final long epoch;
    private final Restored restored;

    HomeRoom(Site site, HomeProcesses homes, HomeProcess process, long epoch) {
        this.homes = homes;
        this.process = process;
        this.epoch = epoch;
        restored = new Restored(new Place(process.pod(), null), process.stub(), site.criu(), process.locks());
    }

    @Override
    public void makeReady() throws IOException {
        Phase phase = process.state().phase();
        if (phase != Phase.AWAY) throw new IOException("its home pod is " + phase);
        resetStreams();
    }

    @Override
    public void readyRestore(Path images, Tree.Checkpoint checkpoint) throws IOException {
        process.remember(note -> note.arriving(epoch, checkpoint.rootPid()));
        restored.ready(images, checkpoint);
    }

    @Override
    public void restore() throws IOException {
        restored.restore();
    }

    /** The last epoch's output may still be on its way out of the old pipes. */
    private void resetStreams() throws IOException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                process.stub().tell(StubConnection::resetStreams);
                return;
            } catch (Errno e) {
                if (e.code() != Errno.EAGAIN || System.nanoTime() - end > 0) throw e;
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
            }
        }
    }

    @Override
    public void run() throws IOException {
        HomeNote note = process.note();
        if (note.arrivingEpoch() != epoch) throw new IOException("nothing was restored for epoch " + epoch);
        restored.run(note.arrivingRoot());
        process.remember(now -> now.here(epoch));
        homes.came(process);
    }

    @Override
    public void destroy() throws IOException {
        // One that has begun to run is not this room's any more.
        if (process.state().phase() == Phase.HERE) return;
        restored.destroy();
    }
}

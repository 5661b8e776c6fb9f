package dev.tomte.agent.streams;

import dev.tomte.agent.pod.StubLine;
import dev.tomte.linux.EventFd;
import dev.tomte.linux.Fd;
import dev.tomte.linux.Pipe;
import dev.tomte.linux.Poll;
import dev.tomte.stub.StandardStream;
import dev.tomte.stub.Streams;
import dev.tomte.stub.StubConnection;
import java.io.FileInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a guest's output home. It reads the pipes without consuming (tee(2)), sends, and consumes what the home has
 * answered to have: whoever dies in between, the next one goes on from what the home says. While the home does not
 * answer, the pipes fill, and the process waits.
 */
public final class OutputPump implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OutputPump.class);
    private static final int CHUNK = StubConnection.MAX_BYTES;
    private static final Duration LOOK = Duration.ofMillis(200);
    private static final int AGAIN_MILLIS = 100;

    private final StubLine stub;
    private final HomeOutput home;
    private final Notebook notebook;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition emptied = lock.newCondition();
    private final EventFd waker;
    private Bases bases;
    private @Nullable Bases next;
    private long rounds;
    private long emptyRounds;
    private volatile boolean closed;

    /** Remembers where an epoch begins, so that it survives the agent. */
    @FunctionalInterface
    public interface Notebook {
        void note(Bases bases) throws IOException;
    }

    /** Begins to pump. */
    public OutputPump(StubLine stub, HomeOutput home, Bases bases, Notebook notebook) throws IOException {
        waker = new EventFd();
        this.stub = stub;
        this.home = home;
        this.bases = bases;
        this.notebook = notebook;
        thread = Thread.ofPlatform()
                .name("output-" + stub.pod().process())
                .daemon()
                .start(this::run);
    }

    /** The process stays here with a newer epoch: what is not at home yet goes there under that one. */
    public void epoch(long newer) {
        lock.lock();
        try {
            long newest = next == null ? bases.epoch() : next.epoch();
            if (newer > newest) next = new Bases(newer, 0, 0);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until all that has been written before this call is at home.
     *
     * @throws IOException if it is not within that time
     */
    public void drain(Duration within) throws IOException {
        long left = within.toNanos();
        lock.lock();
        try {
            // The round under way may have looked before the last byte was written.
            long from = rounds + 1;
            if (waker.isOpen()) waker.wake();
            while (emptyRounds < from) {
                if (closed) throw new IOException("the output is not brought home any more");
                if (left <= 0) throw new IOException("the home does not take the output in time");
                left = emptied.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        boolean warned = false;
        while (!closed) {
            try (Streams streams = stub.ask(StubConnection::streams);
                    Pipe scratch = Pipe.create()) {
                long[] consumed = {streams.outConsumed(), streams.errConsumed()};
                while (!closed) {
                    round(streams, scratch, consumed);
                    if (warned)
                        LOG.info("output of {} goes home again", stub.pod().process());
                    warned = false;
                }
            } catch (IOException | RuntimeException e) {
                if (!warned && !closed)
                    LOG.warn("output of {} waits: {}", stub.pod().process(), e.getMessage());
                warned = true;
                if (!stub.pod().isAlive()) return;
                pause();
            }
        }
    }

    private void round(Streams streams, Pipe scratch, long[] consumed) throws IOException {
        lock.lock();
        try {
            rounds++;
        } finally {
            lock.unlock();
        }
        renewEpoch(consumed);
        boolean moved = false;
        for (StandardStream stream : StandardStream.values())
            moved |= pump(stream, streams.pipe(stream).read(), scratch, consumed);
        if (moved) return;
        lock.lock();
        try {
            emptyRounds = rounds;
            emptied.signalAll();
        } finally {
            lock.unlock();
        }
        waitForOutput(List.of(streams.out().read(), streams.err().read(), waker.fd()));
    }

    private void waitForOutput(List<Fd> any) throws IOException {
        Poll.readable(any, LOOK);
        waker.clear();
    }

    /** The home knows what it has had of the last epoch; the next one begins there. */
    private void renewEpoch(long[] consumed) throws IOException {
        Bases newer;
        lock.lock();
        try {
            newer = next;
        } finally {
            lock.unlock();
        }
        if (newer == null) return;
        long[] begin = new long[2];
        for (StandardStream stream : StandardStream.values()) {
            int i = stream.number() - 1;
            begin[i] = bases.of(stream) + home.send(stream, bases.epoch(), consumed[i] - bases.of(stream), new byte[0]);
            consumed[i] = consume(stream, begin[i]);
        }
        Bases found = new Bases(newer.epoch(), begin[0], begin[1]);
        notebook.note(found);
        lock.lock();
        try {
            bases = found;
            if (newer.equals(next)) next = null;
        } finally {
            lock.unlock();
        }
    }

    /** Whether there was anything. */
    private boolean pump(StandardStream stream, Fd from, Pipe scratch, long[] consumed) throws IOException {
        int i = stream.number() - 1;
        int there = Pipe.tee(from, scratch.write(), CHUNK);
        if (there == 0) return false;
        byte[] bytes = take(scratch.read(), there);
        long base = bases.of(stream);
        long reached = home.send(stream, bases.epoch(), consumed[i] - base, bytes);
        consumed[i] = consume(stream, base + reached);
        return true;
    }

    private long consume(StandardStream stream, long upto) throws IOException {
        return stub.ask(connection -> connection.consume(stream, upto));
    }

    private static byte[] take(Fd from, int count) throws IOException {
        try (FileInputStream in = new FileInputStream(from.path())) {
            byte[] bytes = in.readNBytes(count);
            if (bytes.length < count) throw new IOException("a pipe lost bytes");
            return bytes;
        }
    }

    private void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(AGAIN_MILLIS);
        } catch (InterruptedException e) {
            closed = true;
        }
    }

    /** Stops; what was not sent stays in the pipes. Again, and by several at once: no effect. */
    @Override
    public void close() {
        closed = true;
        lock.lock();
        try {
            if (waker.isOpen()) waker.wake();
            emptied.signalAll();
        } finally {
            lock.unlock();
        }
        thread.interrupt();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        lock.lock();
        try {
            if (!thread.isAlive()) waker.close();
        } finally {
            lock.unlock();
        }
    }
}

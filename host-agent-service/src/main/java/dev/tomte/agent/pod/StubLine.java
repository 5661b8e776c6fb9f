package dev.tomte.agent.pod;

import dev.tomte.linux.Errno;
import dev.tomte.stub.StubConnection;
import dev.tomte.stub.StubEvent;
import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The conversation with a pod's stub, taken up again whenever it breaks, until it is closed or the stub has ended. Any
 * thread.
 */
public final class StubLine implements AutoCloseable {
    private final Pod pod;
    private final Executor threads;
    private final Consumer<StubEvent> events;
    private @Nullable StubConnection current;
    private volatile boolean closed;

    /** What is asked of a stub. */
    @FunctionalInterface
    public interface Question<T extends @Nullable Object> {
        T ask(StubConnection stub) throws IOException;
    }

    /** What is told to a stub. */
    @FunctionalInterface
    public interface Statement {
        void tell(StubConnection stub) throws IOException;
    }

    /**
     * @param threads where events are handed over: handling one may ask the stub
     * @param events an event may come twice; {@link StubEvent.Closed} comes once, when the stub has ended
     */
    public StubLine(Pod pod, Executor threads, Consumer<StubEvent> events) {
        this.pod = pod;
        this.threads = threads;
        this.events = events;
    }

    public Pod pod() {
        return pod;
    }

    /** Connects, so that events come from now on. */
    public void open() throws IOException {
        connected();
    }

    /**
     * Asks once more over another connection if the first one broke: only for what may be asked twice.
     *
     * @throws Errno if the stub refuses
     * @throws IOException if the answer is not known
     */
    public <T extends @Nullable Object> T ask(Question<T> question) throws IOException {
        StubConnection first = connected();
        try {
            return question.ask(first);
        } catch (Errno e) {
            throw e;
        } catch (IOException e) {
            forget(first);
            return question.ask(connected());
        }
    }

    public void tell(Statement statement) throws IOException {
        ask(stub -> {
            statement.tell(stub);
            return null;
        });
    }

    private synchronized StubConnection connected() throws IOException {
        if (closed) throw new IOException("the agent has left pod " + pod.id());
        StubConnection now = current;
        if (now != null) return now;
        StubConnection[] mine = new StubConnection[1];
        StubConnection fresh = pod.connect(event -> handOver(mine, event));
        mine[0] = fresh;
        try {
            fresh.subscribe();
        } catch (IOException e) {
            fresh.close();
            throw e;
        }
        current = fresh;
        return fresh;
    }

    private void handOver(StubConnection[] from, StubEvent event) {
        // Never with the lock: whoever connects holds it, and waits for this thread to end if that fails.
        if (closed) return;
        try {
            threads.execute(() -> handle(from, event));
        } catch (RejectedExecutionException e) {
            // those that work for an agent that has been stopped are gone
            return;
        }
    }

    private void handle(StubConnection[] from, StubEvent event) {
        if (!(event instanceof StubEvent.Closed)) {
            events.accept(event);
            return;
        }
        synchronized (this) {
            if (closed) return;
            if (current == from[0]) current = null;
        }
        // A stub that lives has thrown us out, or was too slow for us: come again, or its events are missed.
        for (int i = 0; pod.isAlive() && i < 50; i++) {
            try {
                connected();
                return;
            } catch (IOException e) {
                pause();
            }
        }
        if (!pod.isAlive()) events.accept(event);
    }

    private static void pause() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void forget(StubConnection broken) {
        if (current == broken) current = null;
        broken.close();
    }

    @Override
    public void close() {
        StubConnection last;
        synchronized (this) {
            closed = true;
            last = current;
            current = null;
        }
        if (last != null) last.close();
    }
}

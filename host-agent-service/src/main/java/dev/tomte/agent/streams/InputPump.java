package dev.tomte.agent.streams;

import dev.tomte.agent.pod.StubLine;
import dev.tomte.stub.Fed;
import dev.tomte.stub.FedBytes;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a guest its standard input. Its stub knows how far it has come, and its home keeps what the process has not
 * read: whoever dies in between, the next one goes on from what both say. It asks for little more than is read, so that
 * at home there is room for more whenever the process waits.
 */
public final class InputPump implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(InputPump.class);
    /** Bytes that may wait here to be read; the home keeps some times as many. */
    private static final long AHEAD = 64 * 1024;

    private static final Duration WAITS_AT_HOME = Duration.ofSeconds(5);
    private static final long LOOK_MILLIS = 100;

    private static final FedBytes NONE = new FedBytes(0, new byte[0], false);

    private final StubLine stub;
    private final HomeInput home;
    private final Thread thread;
    private volatile boolean closed;

    /** Where a guest's input comes from: its home. Blocking. */
    @FunctionalInterface
    public interface HomeInput {
        /**
         * Asks for what comes next.
         *
         * @param consumed so many bytes the process has read in all
         * @param from of the first byte that is wanted
         * @param wait how long the home may wait for it; then there is nothing in the answer
         * @throws IOException if no answer came; the same may be asked again
         */
        FedBytes ask(long consumed, long from, Duration wait) throws IOException;
    }

    /** Begins to pump. */
    public InputPump(StubLine stub, HomeInput home) {
        this.stub = stub;
        this.home = home;
        thread = Thread.ofPlatform()
                .name("input-" + stub.pod().process())
                .daemon()
                .start(this::run);
    }

    /** Frozen: tells the home how much the process has read, so that the next holder begins there. */
    public void settle() throws IOException {
        Fed now = stub.ask(connection -> connection.input(NONE));
        home.ask(now.consumed(), now.reached(), Duration.ZERO);
    }

    private void run() {
        boolean warned = false;
        long pause = 1;
        while (!closed) {
            try {
                Fed now = stub.ask(connection -> connection.input(NONE));
                if (now.complete()) return;
                if (now.unread() <= AHEAD) {
                    FedBytes next = home.ask(now.consumed(), now.reached(), WAITS_AT_HOME);
                    if (!next.isEmpty()) stub.ask(connection -> connection.input(next));
                    warned = false;
                    pause = 1;
                    continue;
                }
            } catch (IOException | RuntimeException e) {
                if (!warned && !closed)
                    LOG.warn("input of {} waits: {}", stub.pod().process(), e.getMessage());
                warned = true;
                if (!stub.pod().isAlive()) return;
            }
            pause = pause(pause);
        }
    }

    /** It looks again soon, and ever more seldom. */
    private long pause(long millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            closed = true;
        }
        return Math.min(2 * millis, LOOK_MILLIS);
    }

    /** Stops; what the process has not read is at its home. Again: no effect. */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

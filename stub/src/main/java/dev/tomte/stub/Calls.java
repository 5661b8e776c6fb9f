package dev.tomte.stub;

import dev.tomte.linux.Errno;
import dev.tomte.linux.Fd;
import dev.tomte.linux.UnixSocket;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Requests, and their answers by number; events in between. One thread reads. */
final class Calls implements AutoCloseable {
    private static final int HEADER = 8;
    private static final int MAX_MESSAGE = 160 * 1024;

    private final UnixSocket socket;
    private final Duration patience;
    private final Consumer<StubEvent> events;
    private final Map<Integer, CompletableFuture<Answer>> waiting = new HashMap<>();
    private final Thread reader;
    private int number;
    private boolean closed;

    Calls(UnixSocket socket, Duration patience, Consumer<StubEvent> events) {
        this.socket = socket;
        this.patience = patience;
        this.events = events;
        this.reader = Thread.ofPlatform().daemon().name("stub-reader").start(this::read);
    }

    void tell(Op op, Body body) throws IOException {
        ask(op, body).close();
    }

    Answer ask(Op op, Body body) throws IOException {
        return ask(op, body, List.of());
    }

    Answer ask(Op op, Body body, List<Fd> fds) throws IOException {
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        int mine = send(op, body, fds, answer);
        try {
            return answer.get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            abandon(mine, answer);
            throw new IOException("the stub does not answer " + op, e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Refused refused) throw new Errno("stub " + op, refused.code);
            throw new IOException("the connection to the stub is lost at " + op, e);
        } catch (InterruptedException e) {
            abandon(mine, answer);
            Thread.currentThread().interrupt();
            throw new IOException("interrupted at " + op, e);
        }
    }

    private synchronized int send(Op op, Body body, List<Fd> fds, CompletableFuture<Answer> answer) throws IOException {
        if (closed) throw new IOException("the connection to the stub is closed");
        int mine = ++number;
        Body message = new Body().u32(mine).u16(op.code).u16(0).raw(body);
        waiting.put(mine, answer);
        try {
            socket.send(message.toBytes(), fds);
        } catch (Errno e) {
            waiting.remove(mine);
            throw new IOException("the stub cannot be asked", e);
        }
        return mine;
    }

    /** An answer that comes too late must not leak its descriptors. */
    private void abandon(int mine, CompletableFuture<Answer> answer) {
        synchronized (this) {
            waiting.remove(mine);
        }
        if (!answer.cancel(false) && !answer.isCompletedExceptionally())
            answer.join().close();
    }

    private void read() {
        Throwable end = new IOException("the stub has closed the connection");
        try {
            for (Optional<UnixSocket.Message> next = socket.receive(MAX_MESSAGE);
                    next.isPresent();
                    next = socket.receive(MAX_MESSAGE)) dispatch(next.get());
        } catch (IOException | RuntimeException e) {
            end = e;
        }
        List<CompletableFuture<Answer>> lost;
        synchronized (this) {
            closed = true;
            lost = List.copyOf(waiting.values());
            waiting.clear();
            socket.close();
        }
        for (CompletableFuture<Answer> answer : lost) answer.completeExceptionally(end);
        events.accept(new StubEvent.Closed());
    }

    private void dispatch(UnixSocket.Message message) throws IOException {
        Answer header = new Answer(message.bytes(), 0, message.fds());
        int to = header.u32();
        int op = header.u16();
        int errno = header.u16();
        switch (op) {
            case Op.EVENT_EXIT -> events.accept(new StubEvent.Exited(new Exit(header.u32(), header.u32())));
            case Op.EVENT_TERMINATE -> events.accept(new StubEvent.Terminate(header.u32(), header.u32() != 0));
            default -> answer(to, errno, new Answer(message.bytes(), HEADER, message.fds()));
        }
    }

    private void answer(int to, int errno, Answer answer) {
        @Nullable CompletableFuture<Answer> waiter;
        synchronized (this) {
            waiter = waiting.remove(to);
        }
        boolean taken = waiter != null
                && (errno == 0 ? waiter.complete(answer) : !waiter.completeExceptionally(new Refused(errno)));
        if (!taken) answer.close();
    }

    /** What the stub answered instead of what was asked for. */
    private static final class Refused extends Exception {
        private final transient int code;

        Refused(int code) {
            super("refused", null, false, false);
            this.code = code;
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            socket.shutdown();
        }
        if (Thread.currentThread() == reader) return;
        try {
            reader.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

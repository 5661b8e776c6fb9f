package dev.tomte.agent.streams;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tomte.agent.pod.Pod;
import dev.tomte.agent.pod.StubLine;
import dev.tomte.agent.pod.TestHost;
import dev.tomte.contracts.Request.Launch;
import dev.tomte.linux.Fd;
import dev.tomte.stub.StandardStream;
import dev.tomte.stub.Streams;
import dev.tomte.stub.StubConnection;
import java.io.ByteArrayOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A real guest stub's pipes, and a home that loses requests and answers. */
@Timeout(60)
final class OutputPumpTest {
    private static final long SEED = Long.getLong("tomte.seed", 20_261_129);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final LossyHome home = new LossyHome(new Random(SEED));
    private final List<Bases> noted = new ArrayList<>();
    private TestHost host;
    private StubLine stub;
    private Streams streams;

    /** Keeps what the stub at home would: each byte once. Every third call or answer is lost. */
    private static final class LossyHome implements HomeOutput {
        private final ByteArrayOutputStream[] had = {new ByteArrayOutputStream(), new ByteArrayOutputStream()};
        private final long[][] begun = new long[3][2];
        private final Random random;
        private long epoch = 1;

        LossyHome(Random random) {
            this.random = random;
        }

        @Override
        public synchronized long send(StandardStream stream, long epoch, long offset, byte[] bytes) throws IOException {
            if (random.nextInt(6) == 0) throw new IOException("the request is lost");
            int i = stream.number() - 1;
            long reached = had[i].size() - begun[(int) epoch][i];
            if (epoch != this.epoch) {
                if (epoch != this.epoch - 1) throw new IOException("a wrong epoch");
                return begun[(int) this.epoch][i] - begun[(int) epoch][i];
            }
            if (offset > reached) throw new AssertionError("a gap");
            int known = (int) (reached - offset);
            // Sometimes the home's reader is slow.
            int taken = Math.min(Math.max(0, bytes.length - known), 1 + random.nextInt(100_000));
            if (taken > 0) had[i].write(bytes, known, taken);
            if (random.nextInt(6) == 0) throw new IOException("the answer is lost");
            return reached + taken;
        }

        synchronized void next() {
            epoch++;
            for (int i = 0; i < 2; i++) begun[(int) epoch][i] = had[i].size();
        }

        synchronized byte[] had(StandardStream stream) {
            return had[stream.number() - 1].toByteArray();
        }
    }

    @BeforeEach
    void up() throws IOException {
        System.out.println("seed " + SEED);
        host = new TestHost("ws2");
        Launch launch = new Launch("test", List.of("true"), Map.of(), "/", 1000);
        Pod pod = host.pods().makeGuest("p-test", "h-test", launch, 0);
        stub = new StubLine(pod, threads, event -> {});
        streams = stub.ask(StubConnection::streams);
    }

    @AfterEach
    void down() throws IOException {
        if (streams != null) streams.close();
        if (stub != null) stub.close();
        if (host != null) host.close();
        threads.shutdownNow();
    }

    private OutputPump pump(Bases bases) throws IOException {
        return new OutputPump(stub, home, bases, noted::add);
    }

    private static void write(Fd pipe, byte[] bytes) throws IOException {
        try (FileOutputStream out = new FileOutputStream(pipe.path())) {
            out.write(bytes);
        }
    }

    private static byte[] bytes(int seed, int count) {
        byte[] bytes = new byte[count];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    @Test
    void everyByteComesOnceOverLossesRestartsAndEpochs() throws Exception {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        OutputPump pump = pump(new Bases(1, 0, 0));
        for (int part = 0; part < 6; part++) {
            byte[] bytes = bytes(part, 50_000 + part);
            all.write(bytes);
            write(streams.out().write(), bytes);
            write(streams.err().write(), bytes(part, 10));
            if (part % 2 == 0) {
                // Another agent goes on where this one stood.
                pump.close();
                pump = pump(new Bases(1, 0, 0));
            }
        }
        pump.drain(PATIENCE);
        assertArrayEquals(all.toByteArray(), home.had(StandardStream.OUT));

        byte[] late = bytes(100, 70_000);
        write(streams.out().write(), bytes(99, 30_000));
        all.write(bytes(99, 30_000));
        home.next();
        pump.epoch(2);
        all.write(late);
        Thread writer = Thread.ofPlatform().start(() -> {
            try {
                write(streams.out().write(), late);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        writer.join();
        pump.drain(PATIENCE);
        pump.close();
        assertArrayEquals(all.toByteArray(), home.had(StandardStream.OUT));
        assertEquals(60, home.had(StandardStream.ERR).length);
        assertEquals(2, noted.getLast().epoch());
    }

    @Test
    void drainingGivesUpWhenTheHomeDoesNotAnswer() throws Exception {
        HomeOutput nobody = (stream, epoch, offset, bytes) -> {
            throw new IOException("nobody answers");
        };
        try (OutputPump pump = new OutputPump(stub, nobody, new Bases(1, 0, 0), noted::add)) {
            pump.drain(PATIENCE);
            write(streams.out().write(), bytes(1, 10));
            assertThrows(IOException.class, () -> pump.drain(Duration.ofMillis(100)));
        }
    }

    /** An agent that ends meets a guest that leaves. */
    @Test
    void itIsClosedByWhoeverComesAndDrainsNoMore() throws Exception {
        OutputPump pump = pump(new Bases(1, 0, 0));
        CountDownLatch both = new CountDownLatch(2);
        List<Future<?>> closing = new ArrayList<>();
        for (int i = 0; i < 2; i++)
            closing.add(threads.submit(() -> {
                both.countDown();
                both.await();
                pump.close();
                return null;
            }));
        for (Future<?> one : closing) one.get();
        pump.close();
        assertThrows(IOException.class, () -> pump.drain(PATIENCE));
    }
}

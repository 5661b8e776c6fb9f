package dev.tomte.agent.process;

import com.google.protobuf.ByteString;
import dev.tomte.agent.move.Home;
import dev.tomte.agent.move.Register;
import dev.tomte.agent.peer.HomeCalls;
import dev.tomte.contracts.Names;
import dev.tomte.stub.FedBytes;
import dev.tomte.stub.StandardStream;
import dev.tomte.wire.ExitReport;
import dev.tomte.wire.FeedChunk;
import dev.tomte.wire.FeedReached;
import dev.tomte.wire.InputChunk;
import dev.tomte.wire.InputQuestion;
import dev.tomte.wire.LogsQuestion;
import dev.tomte.wire.OutputChunk;
import dev.tomte.wire.ProcessKey;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/** What this host answers as the home of processes. */
public final class HomeAnswers implements HomeCalls {
    private static final int CHUNK = 64 * 1024;
    private static final int LONGEST_CHUNK = 64 * 1024;
    private static final long LOOK_MILLIS = 10;
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

    private final Site site;
    private final HomeProcesses homes;

    public HomeAnswers(Site site, HomeProcesses homes) {
        this.site = site;
        this.homes = homes;
    }

    private HomeProcess home(String process, String incarnation) throws IOException, Home.Gone {
        Optional<HomeProcess> there = homes.find(process, incarnation);
        if (there.isPresent()) return there.get();
        requireComplete();
        throw new Home.Gone(process + " has no home pod " + incarnation + " here any more");
    }

    private void requireComplete() throws IOException {
        if (!homes.isComplete()) throw new IOException("the agent still looks for its pods");
    }

    @Override
    public Register read(String process, String incarnation) throws IOException, Home.Gone {
        return said(home(process, incarnation).commitPoint().read());
    }

    @Override
    public Register awaitDecision(String process, String incarnation, long epoch, Duration atMost)
            throws IOException, Home.Gone {
        Duration wait = atMost.compareTo(LONGEST_WAIT) < 0 ? atMost : LONGEST_WAIT;
        return said(home(process, incarnation).commitPoint().awaitDecision(epoch, wait));
    }

    @Override
    public Register compareAndSet(String process, Register expected, String newHolder) throws IOException, Home.Gone {
        return said(home(process, expected.incarnation())
                .commitPoint()
                .compareAndSet(
                        new dev.tomte.stub.Register(expected.incarnation(), expected.epoch(), expected.holder()),
                        newHolder));
    }

    private static Register said(dev.tomte.stub.Register register) {
        return new Register(register.incarnation(), register.epoch(), register.holder());
    }

    @Override
    public long output(String caller, OutputChunk chunk) throws IOException, Home.Gone {
        StandardStream stream = switch (chunk.getStream()) {
            case 1 -> StandardStream.OUT;
            case 2 -> StandardStream.ERR;
            default -> throw new IOException("there is no stream " + chunk.getStream());
        };
        if (chunk.getData().size() > LONGEST_CHUNK) throw new IOException("a chunk is too long");
        return home(chunk.getProcess(), chunk.getIncarnation())
                .output(
                        caller,
                        stream,
                        chunk.getEpoch(),
                        chunk.getOffset(),
                        chunk.getData().toByteArray());
    }

    @Override
    public InputChunk input(String caller, InputQuestion question) throws IOException, Home.Gone {
        ProcessKey key = question.getKey();
        if (question.getConsumed() < 0 || question.getFrom() < 0)
            throw new IllegalArgumentException("a negative number of bytes");
        FedBytes bytes = home(key.getProcess(), key.getIncarnation())
                .input(
                        caller,
                        key.getEpoch(),
                        question.getConsumed(),
                        question.getFrom(),
                        Duration.ofMillis(Math.clamp(question.getWaitMillis(), 0, LONGEST_WAIT.toMillis())));
        return InputChunk.newBuilder()
                .setOffset(bytes.offset())
                .setData(ByteString.copyFrom(bytes.bytes()))
                .setLast(bytes.last())
                .build();
    }

    @Override
    public FeedReached feed(FeedChunk chunk) throws IOException, Home.Gone {
        if (chunk.getData().size() > LONGEST_CHUNK) throw new IllegalArgumentException("a chunk is too long");
        if (chunk.getOffset() < 0) throw new IllegalArgumentException("a negative offset");
        Optional<HomeProcess> there = homes.find(Names.label("process", chunk.getProcess()));
        if (there.isEmpty()) {
            requireComplete();
            throw new Home.Gone(chunk.getProcess() + " has ended");
        }
        long reached = there.get()
                .input()
                .take(new FedBytes(chunk.getOffset(), chunk.getData().toByteArray(), chunk.getLast()), LONGEST_WAIT);
        return FeedReached.newBuilder().setOffset(reached).build();
    }

    @Override
    public boolean exited(String caller, ExitReport report) throws IOException {
        try {
            return home(report.getProcess(), report.getIncarnation()).exitedAway(caller, report);
        } catch (Home.Gone e) {
            // It was taken before, or nobody is left who could want it.
            return true;
        }
    }

    @Override
    public void logs(LogsQuestion question, LogSink sink) throws IOException {
        String process = question.getProcess();
        StandardStream stream = stream(question);
        Path file = log(process, stream);
        if (!Files.exists(file)) {
            // where both are in one log, there is nothing to come in the other
            if (stream == StandardStream.ERR && Files.exists(log(process, StandardStream.OUT))) return;
            throw new IOException("there is no log of " + process + " at " + site.host());
        }
        try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "r")) {
            ProcessLog kept = new ProcessLog(file);
            long from = question.getFrom();
            log.seek(from >= 0 ? Math.min(from, log.length()) : Math.max(0, log.length() + from));
            while (sink.isOpen()) {
                // Asked first: what is written until it has ended is read afterwards.
                boolean lives = question.getFollow() && homes.find(process).isPresent();
                copy(log, kept, sink);
                if (!lives) return;
                Thread.sleep(LOOK_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Path log(String process, StandardStream stream) throws IOException {
        return site.pods()
                .log(Names.label("process", process), stream)
                .orElseThrow(() -> new IOException("the log of " + process + " is its pod's: kubectl logs"));
    }

    private static StandardStream stream(LogsQuestion question) {
        return question.getStream() == StandardStream.ERR.number() ? StandardStream.ERR : StandardStream.OUT;
    }

    private static void copy(RandomAccessFile log, ProcessLog kept, LogSink sink) throws IOException {
        byte[] buffer = new byte[CHUNK];
        while (sink.isOpen()) {
            // what is not kept any more is passed over
            log.seek(Math.max(log.getFilePointer(), kept.begin()));
            long offset = log.getFilePointer();
            int count = log.read(buffer);
            if (count <= 0) return;
            sink.take(offset, Arrays.copyOf(buffer, count));
        }
    }
}

package dev.tomte.agent.peer;

import dev.tomte.agent.move.Home;
import dev.tomte.agent.move.Moves;
import dev.tomte.agent.move.Register;
import dev.tomte.contracts.Names;
import dev.tomte.wire.AgentGrpc;
import dev.tomte.wire.Decision;
import dev.tomte.wire.DecisionAnswer;
import dev.tomte.wire.ExitAnswer;
import dev.tomte.wire.ExitReport;
import dev.tomte.wire.FeedChunk;
import dev.tomte.wire.FeedReached;
import dev.tomte.wire.Holding;
import dev.tomte.wire.InputChunk;
import dev.tomte.wire.InputQuestion;
import dev.tomte.wire.LogChunk;
import dev.tomte.wire.LogsQuestion;
import dev.tomte.wire.OutputChunk;
import dev.tomte.wire.OutputReached;
import dev.tomte.wire.ProcessKey;
import dev.tomte.wire.RegisterQuestion;
import dev.tomte.wire.SignalAnswer;
import dev.tomte.wire.SignalCall;
import dev.tomte.wire.Swap;
import dev.tomte.wire.SwapAnswer;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executor;

/** The calls of proto/agent.proto. What cannot be answered now is UNAVAILABLE: the caller asks again. */
final class AgentService extends AgentGrpc.AgentImplBase {
    private static final System.Logger LOG = System.getLogger(AgentService.class.getName());

    private final Moves moves;
    private final HomeCalls home;
    private final HolderCalls holder;
    private final Executor threads;

    AgentService(Moves moves, HomeCalls home, HolderCalls holder, Executor threads) {
        this.moves = moves;
        this.home = home;
        this.holder = holder;
        this.threads = threads;
    }

    @FunctionalInterface
    private interface Answer<A> {
        A get() throws IOException, Home.Gone;
    }

    private static <A> void answer(StreamObserver<A> to, Answer<A> answer) {
        A value;
        try {
            value = answer.get();
        } catch (IOException | Home.Gone | RuntimeException e) {
            to.onError(refusal(e));
            return;
        }
        to.onNext(value);
        to.onCompleted();
    }

    private static RuntimeException refusal(Exception e) {
        LOG.log(System.Logger.Level.INFO, "a call is refused: {0}", e.toString());
        Status status = switch (e) {
            case IOException unknown -> Status.UNAVAILABLE;
            case Home.Gone gone -> Status.FAILED_PRECONDITION;
            case SecurityException forbidden -> Status.PERMISSION_DENIED;
            case IllegalArgumentException wrong -> Status.INVALID_ARGUMENT;
            default -> Status.INTERNAL;
        };
        return status.withDescription(e.getMessage()).asRuntimeException();
    }

    @Override
    public void readRegister(RegisterQuestion question, StreamObserver<dev.tomte.wire.Register> to) {
        Duration wait = Duration.ofMillis(Math.max(0, question.getWaitMillis()));
        answer(to, () -> {
            try {
                return wire(
                        wait.isZero()
                                ? home.read(question.getProcess(), question.getIncarnation())
                                : home.awaitDecision(
                                        question.getProcess(), question.getIncarnation(), question.getEpoch(), wait));
            } catch (Home.Gone e) {
                return dev.tomte.wire.Register.getDefaultInstance();
            }
        });
    }

    @Override
    public void compareAndSet(Swap swap, StreamObserver<SwapAnswer> to) {
        String caller = Caller.current().name();
        answer(to, () -> {
            if (!caller.equals(swap.getExpectedHolder()))
                throw new SecurityException(caller + " does not propose for " + swap.getExpectedHolder());
            Register expected = new Register(swap.getIncarnation(), swap.getExpectedEpoch(), swap.getExpectedHolder());
            String holder = Names.label("holder", swap.getNewHolder());
            try {
                Register register = home.compareAndSet(swap.getProcess(), expected, holder);
                return SwapAnswer.newBuilder()
                        .setSwapped(register.names(expected.epoch() + 1, holder))
                        .setRegister(wire(register))
                        .build();
            } catch (Home.Gone e) {
                return SwapAnswer.getDefaultInstance();
            }
        });
    }

    private static dev.tomte.wire.Register wire(Register register) {
        return dev.tomte.wire.Register.newBuilder()
                .setIncarnation(register.incarnation())
                .setEpoch(register.epoch())
                .setHolder(register.holder())
                .setKnown(true)
                .build();
    }

    @Override
    public void decide(Decision decision, StreamObserver<DecisionAnswer> to) {
        String caller = Caller.current().name();
        answer(to, () -> {
            Moves.Standing standing = moves.decided(caller, decision.getMigration());
            return DecisionAnswer.newBuilder()
                    .setState(standing.word())
                    .setResumedMicros(standing.runsSinceMicros())
                    .build();
        });
    }

    @Override
    public StreamObserver<OutputChunk> output(StreamObserver<OutputReached> to) {
        String caller = Caller.current().name();
        ServerCallStreamObserver<OutputReached> call = (ServerCallStreamObserver<OutputReached>) to;
        call.disableAutoRequest();
        call.setOnCancelHandler(() -> {});
        call.request(1);
        return new StreamObserver<>() {
            private boolean over;

            @Override
            public void onNext(OutputChunk chunk) {
                if (over) return;
                try {
                    long reached = home.output(caller, chunk);
                    call.onNext(OutputReached.newBuilder()
                            .setStream(chunk.getStream())
                            .setOffset(reached)
                            .build());
                    call.request(1);
                } catch (IOException | Home.Gone | RuntimeException e) {
                    over = true;
                    call.onError(refusal(e));
                }
            }

            @Override
            public void onError(Throwable t) {
                over = true;
            }

            @Override
            public void onCompleted() {
                if (!over) call.onCompleted();
            }
        };
    }

    @Override
    public void input(InputQuestion question, StreamObserver<InputChunk> to) {
        String caller = Caller.current().name();
        // it waits: not in a thread that others need
        threads.execute(() -> answer(to, () -> home.input(caller, question)));
    }

    @Override
    public void feed(FeedChunk chunk, StreamObserver<FeedReached> to) {
        threads.execute(() -> answer(to, () -> home.feed(chunk)));
    }

    @Override
    public void exited(ExitReport report, StreamObserver<ExitAnswer> to) {
        String caller = Caller.current().name();
        answer(
                to,
                () -> ExitAnswer.newBuilder()
                        .setTaken(home.exited(caller, report))
                        .build());
    }

    @Override
    public void askHolder(ProcessKey key, StreamObserver<Holding> to) {
        String caller = Caller.current().name();
        answer(to, () -> holder.ask(caller, key));
    }

    @Override
    public void signal(SignalCall call, StreamObserver<SignalAnswer> to) {
        String caller = Caller.current().name();
        answer(to, () -> holder.signal(caller, call));
    }

    @Override
    public void logs(LogsQuestion question, StreamObserver<LogChunk> to) {
        PacedSink sink = new PacedSink((ServerCallStreamObserver<LogChunk>) to);
        // not in this thread: the call's own events come only when it is left
        threads.execute(() -> {
            try {
                home.logs(question, sink);
                sink.end();
            } catch (IOException | RuntimeException e) {
                sink.fail(refusal(e));
            }
        });
    }
}

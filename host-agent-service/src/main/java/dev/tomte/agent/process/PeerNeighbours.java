package dev.tomte.agent.process;

import dev.tomte.agent.peer.Peers;
import dev.tomte.stub.FedBytes;
import dev.tomte.wire.AgentGrpc.AgentBlockingStub;
import dev.tomte.wire.ExitReport;
import dev.tomte.wire.Holding;
import dev.tomte.wire.InputChunk;
import dev.tomte.wire.InputQuestion;
import dev.tomte.wire.OutputChunk;
import dev.tomte.wire.ProcessKey;
import dev.tomte.wire.RegisterQuestion;
import dev.tomte.wire.SignalAnswer;
import dev.tomte.wire.SignalCall;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;

/** The agents of other hosts, by calls to them. */
public final class PeerNeighbours implements Neighbours {
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final Peers peers;
    private final int port;

    /** @param port of all agents */
    public PeerNeighbours(Peers peers, int port) {
        this.peers = peers;
        this.port = port;
    }

    @FunctionalInterface
    private interface Question<T> {
        T ask(AgentBlockingStub agent);
    }

    private <T> T ask(Neighbour neighbour, Question<T> question) throws IOException {
        return ask(neighbour, PATIENCE, question);
    }

    private <T> T ask(Neighbour neighbour, Duration patience, Question<T> question) throws IOException {
        try {
            return question.ask(peers.blocking(neighbour.host(), neighbour.address(), port, patience));
        } catch (StatusRuntimeException e) {
            throw new IOException(neighbour.host() + " does not answer: " + e.getStatus(), e);
        }
    }

    @Override
    public Holding ask(Neighbour holder, ProcessKey key) throws IOException {
        return ask(holder, agent -> agent.askHolder(key));
    }

    @Override
    public SignalAnswer signal(Neighbour holder, SignalCall call) throws IOException {
        return ask(holder, agent -> agent.signal(call));
    }

    @Override
    public boolean isHomeGone(Neighbour home, ProcessKey key) throws IOException {
        RegisterQuestion question = RegisterQuestion.newBuilder()
                .setProcess(key.getProcess())
                .setIncarnation(key.getIncarnation())
                .setEpoch(key.getEpoch())
                .build();
        return !ask(home, agent -> agent.readRegister(question)).getKnown();
    }

    @Override
    public boolean exited(Neighbour home, ExitReport report) throws IOException {
        return ask(home, agent -> agent.exited(report)).getTaken();
    }

    @Override
    public FedBytes input(Neighbour home, InputQuestion question) throws IOException {
        InputChunk chunk = ask(home, PATIENCE.plusMillis(question.getWaitMillis()), agent -> agent.input(question));
        return new FedBytes(chunk.getOffset(), chunk.getData().toByteArray(), chunk.getLast());
    }

    @Override
    public long output(Neighbour home, OutputChunk chunk) throws IOException {
        return OutputCall.send(home.host(), peers.streaming(home.host(), home.address(), port), chunk, PATIENCE);
    }
}

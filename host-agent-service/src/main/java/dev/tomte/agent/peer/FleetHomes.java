package dev.tomte.agent.peer;

import dev.tomte.agent.move.Home;
import dev.tomte.agent.move.Register;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.wire.AgentGrpc.AgentBlockingStub;
import dev.tomte.wire.RegisterQuestion;
import dev.tomte.wire.Swap;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;

/** Homes wherever they are: this host's own registers directly, others' by a call to their agents. */
public final class FleetHomes implements Home.Homes {
    private static final Duration ANSWERS_WITHIN = Duration.ofSeconds(3);
    /** For a decision; the rest is for the answer. */
    private static final Duration WAITS = Duration.ofSeconds(2);

    private final String host;
    private final HomeCalls own;
    private final Peers peers;
    private final int port;

    /** @param port the port of all agents */
    public FleetHomes(String host, HomeCalls own, Peers peers, int port) {
        this.host = host;
        this.own = own;
        this.peers = peers;
        this.port = port;
    }

    @Override
    public Home of(MovePlan plan) {
        return plan.home().equals(host) ? new Own(plan) : new Other(plan);
    }

    private final class Own implements Home {
        private final MovePlan plan;

        Own(MovePlan plan) {
            this.plan = plan;
        }

        @Override
        public Register read() throws IOException, Gone {
            return own.read(plan.process(), plan.incarnation());
        }

        @Override
        public Register awaitDecision() throws IOException, Gone {
            return own.awaitDecision(plan.process(), plan.incarnation(), plan.epoch(), WAITS);
        }

        @Override
        public Register compareAndSet(String newHolder) throws IOException, Gone {
            Register expected = new Register(plan.incarnation(), plan.epoch(), plan.source());
            return own.compareAndSet(plan.process(), expected, newHolder);
        }
    }

    private final class Other implements Home {
        private final MovePlan plan;

        Other(MovePlan plan) {
            this.plan = plan;
        }

        @Override
        public Register read() throws IOException, Gone {
            return read(Duration.ZERO);
        }

        @Override
        public Register awaitDecision() throws IOException, Gone {
            return read(WAITS);
        }

        private Register read(Duration waits) throws IOException, Gone {
            try {
                return known(stub().readRegister(RegisterQuestion.newBuilder()
                        .setProcess(plan.process())
                        .setIncarnation(plan.incarnation())
                        .setEpoch(plan.epoch())
                        .setWaitMillis((int) waits.toMillis())
                        .build()));
            } catch (StatusRuntimeException e) {
                throw unanswered(e);
            }
        }

        @Override
        public Register compareAndSet(String newHolder) throws IOException, Gone {
            try {
                return known(stub().compareAndSet(Swap.newBuilder()
                                .setProcess(plan.process())
                                .setIncarnation(plan.incarnation())
                                .setExpectedEpoch(plan.epoch())
                                .setExpectedHolder(plan.source())
                                .setNewHolder(newHolder)
                                .setMigration(plan.migration())
                                .build())
                        .getRegister());
            } catch (StatusRuntimeException e) {
                throw unanswered(e);
            }
        }

        private AgentBlockingStub stub() {
            return peers.blocking(plan.home(), plan.homeAddress(), port, ANSWERS_WITHIN);
        }

        private IOException unanswered(StatusRuntimeException e) {
            return new IOException("the home " + plan.home() + " does not answer: " + e.getStatus(), e);
        }

        private Register known(dev.tomte.wire.Register register) throws Gone {
            if (!register.getKnown())
                throw new Gone("the home " + plan.home() + " has no " + plan.process() + " any more");
            return new Register(register.getIncarnation(), register.getEpoch(), register.getHolder());
        }
    }
}

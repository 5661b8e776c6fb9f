package dev.tomte.agent.peer;

import dev.tomte.agent.move.Register;
import dev.tomte.agent.move.Target;
import dev.tomte.agent.tree.Tree.Checkpoint;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.contracts.Identity;
import dev.tomte.wire.AgentGrpc.AgentBlockingStub;
import dev.tomte.wire.Decision;
import dev.tomte.wire.RegisterQuestion;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;

/** Targets, by calls to their agents. */
public final class FleetTargets implements Target.Targets {
    private static final System.Logger LOG = System.getLogger(FleetTargets.class.getName());
    private static final Duration ACTS_WITHIN = Duration.ofSeconds(5);

    private final Peers peers;
    private final int port;
    private final Identity identity;
    private final int imagesPort;

    /**
     * @param port the port of all agents
     * @param identity what this host shows to targets
     * @param imagesPort the port at which all agents take images
     */
    public FleetTargets(Peers peers, int port, Identity identity, int imagesPort) {
        this.peers = peers;
        this.port = port;
        this.identity = identity;
        this.imagesPort = imagesPort;
    }

    @Override
    public Target of(MovePlan plan) {
        return new Target() {
            @Override
            public Transfer open(Checkpoint checkpoint) throws IOException {
                warm();
                return SentTransfer.open(plan, checkpoint, imagesPort, identity);
            }

            // the call that tells of the decision is made while the process stands still: on a connection that is there
            private void warm() {
                try {
                    var _ = agent().readRegister(RegisterQuestion.newBuilder()
                            .setProcess(plan.process())
                            .setIncarnation(plan.incarnation())
                            .build());
                } catch (StatusRuntimeException e) {
                    LOG.log(System.Logger.Level.DEBUG, "the target does not answer", e);
                }
            }

            private AgentBlockingStub agent() {
                return peers.blocking(plan.target(), plan.targetAddress(), port, ACTS_WITHIN);
            }

            @Override
            public long decide(Register register) throws IOException {
                try {
                    return agent().decide(Decision.newBuilder()
                                    .setMigration(plan.migration())
                                    .setProcess(plan.process())
                                    .setIncarnation(plan.incarnation())
                                    .setRegister(dev.tomte.wire.Register.newBuilder()
                                            .setIncarnation(register.incarnation())
                                            .setEpoch(register.epoch())
                                            .setHolder(register.holder())
                                            .setKnown(true))
                                    .build())
                            .getResumedMicros();
                } catch (StatusRuntimeException e) {
                    throw new IOException("the target " + plan.target() + " does not answer: " + e.getStatus(), e);
                }
            }
        };
    }
}

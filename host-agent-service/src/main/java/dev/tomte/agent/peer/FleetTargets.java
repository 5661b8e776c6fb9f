package dev.tomte.agent.peer;

import dev.tomte.agent.move.Register;
import dev.tomte.agent.move.Target;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.wire.Decision;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;

/** Targets, by calls to their agents. */
public final class FleetTargets implements Target.Targets {
    private static final Duration ACTS_WITHIN = Duration.ofSeconds(5);

    private final Peers peers;
    private final int port;

    /** @param port the port of all agents */
    public FleetTargets(Peers peers, int port) {
        this.peers = peers;
        this.port = port;
    }

    @Override
    public Target of(MovePlan plan) {
        return new Target() {
            @Override
            public Transfer open(long memoryBytes) throws IOException {
                return SentTransfer.open(plan, memoryBytes, peers.streaming(plan.target(), plan.targetAddress(), port));
            }

            @Override
            public void decide(Register register) throws IOException {
                try {
                    peers.blocking(plan.target(), plan.targetAddress(), port, ACTS_WITHIN)
                            .decide(Decision.newBuilder()
                                    .setMigration(plan.migration())
                                    .setProcess(plan.process())
                                    .setIncarnation(plan.incarnation())
                                    .setRegister(dev.tomte.wire.Register.newBuilder()
                                            .setIncarnation(register.incarnation())
                                            .setEpoch(register.epoch())
                                            .setHolder(register.holder())
                                            .setKnown(true))
                                    .build());
                } catch (StatusRuntimeException e) {
                    throw new IOException("the target " + plan.target() + " does not answer: " + e.getStatus(), e);
                }
            }
        };
    }
}

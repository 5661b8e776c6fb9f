package dev.tomte.contracts;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What the owner of a process's partition tells an agent, on {@link Topics#COMMANDS}, keyed by host. Every command may
 * come twice, and late: agents answer a repeated one with the same outcome and ignore one of an older generation.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind", defaultImpl = Command.Unknown.class)
@JsonSubTypes({
    @JsonSubTypes.Type(value = Command.Start.class, name = "start"),
    @JsonSubTypes.Type(value = Command.Begin.class, name = "begin"),
    @JsonSubTypes.Type(value = Command.Signal.class, name = "signal"),
    @JsonSubTypes.Type(value = Command.Expect.class, name = "expect"),
    @JsonSubTypes.Type(value = Command.Prepare.class, name = "prepare"),
    @JsonSubTypes.Type(value = Command.Move.class, name = "move"),
    @JsonSubTypes.Type(value = Command.Abort.class, name = "abort"),
    @JsonSubTypes.Type(value = Command.Policy.class, name = "policy"),
    @JsonSubTypes.Type(value = Command.Play.class, name = "play")
})
public sealed interface Command {
    /** The host it is for. */
    String host();

    String process();

    /** The generation of the partition's ownership; only ever grows. */
    long generation();

    /** To the home: start the process. */
    record Start(String host, String process, long generation, Request.Launch launch) implements Command {}

    /** To the home: what waits to begin elsewhere is not taken anywhere; it begins at home or ends, as its launch says. */
    record Begin(String host, String process, long generation, String why) implements Command {}

    /** To the home: pass a signal on. */
    record Signal(String host, String process, long generation, int signal) implements Command {}

    /** To the home: a session for the plan's next epoch is coming from its target. */
    record Expect(String host, long generation, MovePlan plan) implements Command {
        @Override
        public String process() {
            return plan.process();
        }
    }

    /**
     * To the target: make room and mount the home. Answered PREPARED or REFUSED.
     *
     * @param memory bytes that the process occupies, when last heard; 0 where that is not known
     */
    record Prepare(String host, long generation, MovePlan plan, Request.Launch launch, long memory) implements Command {
        @Override
        public String process() {
            return plan.process();
        }
    }

    /** To the source: move. Answered by each state, at the end SETTLED, REFUSED, ROLLED_BACK or LOST. */
    record Move(String host, long generation, MovePlan plan) implements Command {
        @Override
        public String process() {
            return plan.process();
        }
    }

    /** To source and target: the migration is over unless it has been committed; take down what was made for it. */
    record Abort(String host, long generation, MovePlan plan, String why) implements Command {
        @Override
        public String process() {
            return plan.process();
        }
    }

    /** To a host: what it takes in and lets go from now on; what is null stays as it is. */
    record Policy(
            String host,
            long generation,
            @Nullable Who imports,
            @Nullable Who exports,
            @Nullable Boolean drains) implements Command {
        @Override
        public String process() {
            return "";
        }
    }

    /** To a host whose owner is played: the owner comes, or goes. */
    record Play(String host, long generation, boolean there) implements Command {
        @Override
        public String process() {
            return "";
        }
    }

    /** A command of a newer version; ignored. */
    record Unknown(String host, String process, long generation) implements Command {}

    /**
     * One migration, as everybody who takes part in it needs to know it.
     *
     * @param epoch the epoch the process has at its source; it will have the next one at its target
     * @param token what the source shows the target; only this migration's
     * @param deadline past it no agent begins a freeze
     * @param sourceAddress IP address of the source's agent; likewise target and home
     */
    record MovePlan(
            String migration,
            String process,
            String incarnation,
            long epoch,
            String home,
            String source,
            String target,
            String homeAddress,
            String sourceAddress,
            String targetAddress,
            String token,
            Instant deadline) {
        public MovePlan {
            Names.label("migration", migration);
            Names.label("process", process);
            if (epoch < 1) throw new IllegalArgumentException("epoch " + epoch + " is below 1");
            if (source.equals(target)) throw new IllegalArgumentException("source and target are both " + source);
        }

        public long nextEpoch() {
            return epoch + 1;
        }

        @Override
        public String toString() {
            return migration + " of " + process + " (epoch " + epoch + ") " + source + " -> " + target + ", home "
                    + home;
        }
    }
}

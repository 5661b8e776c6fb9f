package dev.tomte.agent.bus;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Json;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.Outcome;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Topics;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What this host says on each topic. Does not wait. */
public record KafkaVoice(Publications publications) implements Voice {
    /**
     * While a process stands still, the processors are for what makes it run again, and not for the broker's and the
     * migration service's hearing of it: that it stands is told when it has stood for so long, or with its end.
     */
    private static final Duration WHILE_IT_STANDS = Duration.ofMillis(250);

    @Override
    public void publish(Outcome outcome, Runnable heard) {
        publications.tell(Topics.OUTCOMES, outcome.process(), Json.write(outcome), patience(outcome.state()), heard);
    }

    private static Duration patience(@Nullable MoveState state) {
        return switch (state) {
            case FROZEN, RESTORED, COMMITTED -> WHILE_IT_STANDS;
            case null, default -> Duration.ZERO;
        };
    }

    @Override
    public void publish(ProcessStatus status, Duration patience) {
        publications.tell(Topics.PROCESSES, status.process(), Json.write(status), patience, () -> {});
    }

    @Override
    public void forget(String process) {
        publications.tell(Topics.PROCESSES, process, null);
    }

    @Override
    public void publish(Availability availability) {
        publications.tell(Topics.AVAILABILITY, availability.host(), Json.write(availability));
    }
}

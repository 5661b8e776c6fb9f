package dev.tomte.agent.bus;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Json;
import dev.tomte.contracts.Outcome;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Topics;

/** What this host says on each topic. Does not wait. */
public record KafkaVoice(Publications publications) implements Voice {
    @Override
    public void publish(Outcome outcome, Runnable heard) {
        publications.tell(Topics.OUTCOMES, outcome.process(), Json.write(outcome), heard);
    }

    @Override
    public void publish(ProcessStatus status) {
        publications.tell(Topics.PROCESSES, status.process(), Json.write(status));
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

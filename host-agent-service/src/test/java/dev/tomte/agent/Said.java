package dev.tomte.agent;

import dev.tomte.agent.bus.Voice;
import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.Outcome;
import dev.tomte.contracts.ProcessStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** All that agents have said. */
final class Said implements Voice {
    private final List<Outcome> outcomes = new ArrayList<>();
    private final List<ProcessStatus> statuses = new ArrayList<>();
    private final Map<String, Availability> hosts = new HashMap<>();

    @Override
    public synchronized void publish(Outcome outcome, Runnable heard) {
        outcomes.add(outcome);
        notifyAll();
        heard.run();
    }

    @Override
    public synchronized void publish(ProcessStatus status, Duration patience) {
        statuses.add(status);
        notifyAll();
    }

    @Override
    public synchronized void publish(Availability availability) {
        hosts.put(availability.host(), availability);
        notifyAll();
    }

    /** Waits until the newest that a host has said of itself is so. */
    synchronized Availability awaitHost(String host, Predicate<Availability> wanted) throws InterruptedException {
        while (true) {
            Availability last = hosts.get(host);
            if (last != null && wanted.test(last)) return last;
            wait();
        }
    }

    @Override
    public void forget(String process) {}

    /** What was told of earlier is forgotten. */
    synchronized void forgetAll() {
        statuses.clear();
        hosts.clear();
    }

    synchronized ProcessStatus awaitStatus(String process, Predicate<ProcessStatus> wanted)
            throws InterruptedException {
        while (true) {
            for (ProcessStatus status : statuses)
                if (status.process().equals(process) && wanted.test(status)) return status;
            wait();
        }
    }

    synchronized Outcome awaitOutcome(MovePlan plan, MoveState... any) throws InterruptedException {
        while (true) {
            for (Outcome outcome : outcomes)
                if (plan.migration().equals(outcome.migration()) && List.of(any).contains(outcome.state()))
                    return outcome;
            wait();
        }
    }
}

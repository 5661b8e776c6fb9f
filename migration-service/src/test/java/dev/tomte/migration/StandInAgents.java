package dev.tomte.migration;

import dev.tomte.contracts.Command;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.contracts.Json;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.Outcome;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Topics;
import dev.tomte.migration.journal.Broker;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Answers for the agents of ws1, ws2 and ws3, in a thread of its own. A move stops at the state that was set for its
 * process until it is let go; then only a command of a newer generation brings it on, as only a new owner sends it.
 */
final class StandInAgents implements Runnable {
    private static final List<MoveState> STEPS =
            List.of(MoveState.FROZEN, MoveState.RESTORED, MoveState.COMMITTED, MoveState.SETTLED);

    private final Broker broker;
    private final Map<String, MoveState> stopAt = new ConcurrentHashMap<>();
    private final Map<String, Long> stoppedUnder = new ConcurrentHashMap<>();
    private final Map<String, Long> generations = new ConcurrentHashMap<>();
    private final Map<String, MoveState> reached = new ConcurrentHashMap<>();
    private final Map<String, ProcessStatus> processes = new ConcurrentHashMap<>();
    private final Set<String> outlasting = ConcurrentHashMap.newKeySet();
    private final List<String> complaints = new ArrayList<>();
    final List<Integer> signals = new CopyOnWriteArrayList<>();
    private volatile boolean areLetGo;
    private volatile boolean isOver;
    volatile int logPort;

    StandInAgents(Broker broker) {
        this.broker = broker;
    }

    /** The next move of this process stops there: PLACED before it is prepared, PREPARED before it is frozen. */
    void stop(String process, MoveState state) {
        stopAt.put(process, state);
    }

    /** The group may miss a replica that lives while this is asked for: what that one still says of it comes late. */
    void expectReplacement(String process) {
        outlasting.add(process);
    }

    void letGo() {
        areLetGo = true;
    }

    void end() {
        isOver = true;
    }

    synchronized List<String> complaints() {
        return List.copyOf(complaints);
    }

    @Override
    public void run() {
        try (Consumer<String, String> consumer = broker.reader();
                Producer<String, String> producer = broker.producer()) {
            consumer.assign(IntStream.range(0, Topics.PARTITIONS)
                    .mapToObj(p -> new TopicPartition(broker.topic(Topics.COMMANDS), p))
                    .toList());
            consumer.seekToBeginning(consumer.assignment());
            Instant spoke = Instant.EPOCH;
            while (!isOver) {
                if (spoke.plusSeconds(2).isBefore(Instant.now())) {
                    spoke = Instant.now();
                    for (String host : List.of("ws1", "ws2", "ws3"))
                        send(producer, Topics.AVAILABILITY, host, Fleets.host(host, spoke, logPort));
                }
                consumer.poll(Duration.ofMillis(100))
                        .forEach(record -> obey(producer, Json.read(record.value(), Command.class)));
            }
        }
    }

    private void obey(Producer<String, String> producer, Command command) {
        long newest = generations.merge(command.process(), command.generation(), Math::max);
        if (command.generation() < newest) {
            // only one who has been replaced may speak so
            if (!areLetGo && !outlasting.contains(command.process())) complain(command + " is older than " + newest);
            return;
        }
        switch (command) {
            case Command.Start start -> start(producer, start);
            case Command.Prepare prepare -> prepare(producer, prepare);
            case Command.Move move -> move(producer, move);
            case Command.Signal signal -> signals.add(signal.signal());
            case Command.Begin _,
                    Command.Expect _,
                    Command.Abort _,
                    Command.Policy _,
                    Command.Play _,
                    Command.Unknown _ -> {}
        }
    }

    private synchronized void complain(String what) {
        complaints.add(what);
    }

    private void start(Producer<String, String> producer, Command.Start start) {
        ProcessStatus status = Fleets.running(start.process(), start.launch().name(), start.host(), 1, Instant.now());
        if (processes.putIfAbsent(start.process(), status) != null) return;
        send(producer, Topics.PROCESSES, start.process(), status);
    }

    private void prepare(Producer<String, String> producer, Command.Prepare prepare) {
        if (isStopped(prepare.plan(), MoveState.PLACED, prepare.generation())) return;
        tell(producer, prepare.plan(), prepare.host(), MoveState.PREPARED);
    }

    private void move(Producer<String, String> producer, Command.Move move) {
        MovePlan plan = move.plan();
        ProcessStatus now = processes.get(plan.process());
        MoveState last = reached.get(plan.migration());
        if (last == null && (now == null || !now.holder().equals(move.host()) || now.epoch() != plan.epoch()))
            complain(move + " though it stands at " + now);
        if (now == null) return;
        if (last == null && isStopped(plan, MoveState.PREPARED, move.generation())) return;
        for (MoveState step : STEPS) {
            if (last != null && step.compareTo(last) < 0) continue;
            if (step != last && last != null && isStopped(plan, last, move.generation())) return;
            if (step == MoveState.COMMITTED && step != last) {
                ProcessStatus moved =
                        Fleets.running(plan.process(), now.name(), plan.target(), plan.nextEpoch(), Instant.now());
                processes.put(plan.process(), moved);
                send(producer, Topics.PROCESSES, plan.process(), moved);
            }
            reached.put(plan.migration(), step);
            last = step;
            tell(producer, plan, move.host(), step);
        }
    }

    private boolean isStopped(MovePlan plan, MoveState at, long generation) {
        if (stopAt.get(plan.process()) != at) return false;
        long since = stoppedUnder.merge(plan.process(), generation, Math::min);
        return !areLetGo || generation <= since;
    }

    private void tell(Producer<String, String> producer, MovePlan plan, String host, MoveState state) {
        send(
                producer,
                Topics.OUTCOMES,
                plan.process(),
                new Outcome(
                        plan.process(),
                        host,
                        plan.migration(),
                        state,
                        true,
                        "",
                        Map.of(state.name().toLowerCase(Locale.ROOT), 1L),
                        1,
                        Instant.now()));
    }

    private void send(Producer<String, String> producer, String topic, String key, Object value) {
        var _ = producer.send(new ProducerRecord<>(broker.topic(topic), key, Json.write(value)));
    }
}

package dev.tomte.migration.orchestration;

import dev.tomte.contracts.Json;
import dev.tomte.contracts.Migration;
import dev.tomte.contracts.Outcome;
import dev.tomte.contracts.Request;
import dev.tomte.contracts.Topics;
import dev.tomte.metrics.Lag;
import dev.tomte.migration.journal.Broker;
import dev.tomte.migration.journal.Outbox;
import dev.tomte.migration.placement.Placer;
import dev.tomte.migration.view.FleetView;
import dev.tomte.migration.view.Horizon;
import io.prometheus.client.Gauge;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.utils.Utils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/**
 * This replica's share of the work: the partitions that the group gives it, each with its {@link Orchestrator}. Runs in
 * a thread of its own. If anything fails it leaves the group and takes over anew from the journal: so there is one way
 * to begin, after a crash as after a fault.
 */
public final class PartitionOwner implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(PartitionOwner.class);
    /** So long a change of the view may wait to be looked at; asking a consumer costs some ten microseconds. */
    private static final Duration POLL = Duration.ofMillis(20);

    private static final Duration TICK_EVERY = Duration.ofSeconds(1);
    /** Whoever owns it places, for all. */
    private static final int PLACING = 0;

    private static final Duration CLEAN_EVERY = Duration.ofMinutes(1);
    private static final Duration CATCH_UP_LIMIT = Duration.ofSeconds(30);
    private static final Gauge PARTITIONS = Gauge.build(
                    "tomte_partitions_owned", "Partitions of the work that this replica owns.")
            .register();
    private static final Gauge GENERATION = Gauge.build(
                    "tomte_partition_generation", "The generation of this replica's ownership of a partition.")
            .labelNames("partition")
            .register();

    private final Broker broker;
    private final String requests;
    private final String outcomes;
    private final Outbox outbox;
    private final FleetView view;
    private final Horizon horizon;
    private final Doorkeeper doorkeeper;
    private final Placer placer;
    private final Clock clock;
    private final Map<Integer, Owned> owned = new ConcurrentSkipListMap<>();
    private final Queue<Migration> overwritten = new ConcurrentLinkedQueue<>();
    private volatile boolean isOver;
    private volatile boolean hasChanged;

    private record Owned(long generation, Orchestrator orchestrator) {}

    public PartitionOwner(
            Broker broker,
            Outbox outbox,
            FleetView view,
            Horizon horizon,
            Doorkeeper doorkeeper,
            Placer placer,
            Clock clock) {
        this.broker = broker;
        this.requests = broker.topic(Topics.REQUESTS);
        this.outcomes = broker.topic(Topics.OUTCOMES);
        this.outbox = outbox;
        this.view = view;
        this.horizon = horizon;
        this.doorkeeper = doorkeeper;
        this.placer = placer;
        this.clock = clock;
    }

    /** Works until it is told to end, or interrupted. */
    @Override
    @SuppressWarnings("try")
    public void run() {
        MoveMetrics.begin();
        try (AutoCloseable mending = view.onOverwritten(overwritten::add);
                AutoCloseable watching = view.watch(change -> hasChanged = true)) {
            while (!isOver && !Thread.currentThread().isInterrupted()) session();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private void session() {
        try (Consumer<String, String> member = broker.member()) {
            member.subscribe(List.of(requests, outcomes), new Assignment(member));
            work(member);
        } catch (InterruptException e) {
            Thread.currentThread().interrupt();
        } catch (KafkaException | Outbox.NotWritten | IllegalStateException e) {
            LOG.warn(
                    "the share of the work is given up and taken anew: {}",
                    broker.connection().explain(e));
            LOG.debug("because", e);
            rest();
        } finally {
            disown();
            placer.forget();
        }
    }

    private void work(Consumer<String, String> member) {
        ClockJumps jumps = new ClockJumps(clock, System::nanoTime);
        long ticked = System.nanoTime();
        long cleaned = ticked;
        long placed = ticked;
        while (!isOver) {
            // what was asked and heard was noted by another time of day: there is one way to begin
            if (jumps.hasJumped()) throw new IllegalStateException("the time of day has been set");
            ConsumerRecords<String, String> records = member.poll(POLL);
            Lag.note("work", member);
            // what was told before somebody asked is known when the asking is decided
            if (records.records(requests).iterator().hasNext()) catchUp();
            for (ConsumerRecord<String, String> message : records) take(message);
            if (!records.isEmpty()) member.commitSync(offsets(records));
            mend();
            if (hasChanged || hasPassed(TICK_EVERY, placed)) {
                hasChanged = false;
                placed = System.nanoTime();
                if (owned.containsKey(PLACING)) placer.look(clock.instant());
            }
            // what has been answered is heard before anybody is called silent
            if (records.isEmpty() && hasPassed(TICK_EVERY, ticked)) {
                ticked = System.nanoTime();
                for (Owned partition : owned.values())
                    act(partition.orchestrator().tick(clock.instant()));
                if (hasPassed(CLEAN_EVERY, cleaned)) {
                    cleaned = ticked;
                    clean(clock.instant());
                }
            }
        }
    }

    private static boolean hasPassed(Duration time, long since) {
        return System.nanoTime() - since > time.toNanos();
    }

    private Map<TopicPartition, OffsetAndMetadata> offsets(ConsumerRecords<String, String> records) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (TopicPartition partition : records.partitions()) {
            long next = records.records(partition).getLast().offset() + 1;
            offsets.put(partition, offset(partition, next));
        }
        return offsets;
    }

    private OffsetAndMetadata offset(TopicPartition partition, long next) {
        Owned owner = owned.get(partition.partition());
        return owner != null && partition.topic().equals(requests)
                ? new OffsetAndMetadata(next, Generation.written(owner.generation()))
                : new OffsetAndMetadata(next);
    }

    private void take(ConsumerRecord<String, String> message) {
        Owned owner = owned.get(message.partition());
        if (owner == null) throw new IllegalStateException("not the owner of partition " + message.partition());
        Decision decision;
        try {
            decision = message.topic().equals(requests)
                    ? owner.orchestrator().asked(Json.read(message.value(), Request.class), clock.instant())
                    : owner.orchestrator().answered(Json.read(message.value(), Outcome.class), clock.instant());
        } catch (IllegalArgumentException | JacksonException | NullPointerException e) {
            // no record may stop those behind it
            LOG.warn(
                    "{}-{} offset {} is not what it should be, and left out: {}",
                    message.topic(),
                    message.partition(),
                    message.offset(),
                    e.getClass().getSimpleName());
            return;
        }
        act(decision);
    }

    /** The journal first: what it does not say has not been done. */
    private void act(Decision decision) {
        if (decision.isNothing()) return;
        decision.entries().forEach(outbox::journal);
        outbox.flush();
        decision.entries().forEach(entry -> {
            view.take(entry);
            LOG.info("{}: {} {}", entry.plan(), entry.state(), entry.message());
            if (entry.state().isFinal()) MoveMetrics.ended(entry);
        });
        decision.commands().forEach(outbox::command);
        decision.answers().forEach(outbox::answer);
        outbox.flush();
    }

    private void disown() {
        owned.clear();
        PARTITIONS.set(0);
        GENERATION.clear();
    }

    /** Takes out of the journal what ended long ago, or it would grow for ever. */
    private void clean(Instant now) {
        for (Migration entry : view.outdated(now))
            if (owned.containsKey(partition(entry.plan().process()))) outbox.forget(entry.id());
        outbox.flush();
    }

    /** Writes again what a replica overwrote that did not know yet that it had been replaced. */
    private void mend() {
        for (Migration entry = overwritten.poll(); entry != null; entry = overwritten.poll()) {
            if (!owned.containsKey(partition(entry.plan().process()))) continue;
            LOG.warn("{} had been overwritten in the journal, and is written again", entry.id());
            view.migration(entry.id()).ifPresent(outbox::journal);
            outbox.flush();
        }
    }

    private void takeOver(Consumer<String, String> member, int partition) {
        TopicPartition asked = new TopicPartition(requests, partition);
        OffsetAndMetadata committed = member.committed(Set.of(asked)).get(asked);
        List<Migration> journal = view.migrations().stream()
                .filter(m -> partition(m.plan().process()) == partition)
                .sorted(Comparator.comparing(FleetView::lastChange))
                .toList();
        long generation = Generation.next(committed == null ? "" : committed.metadata(), journal, clock.instant());
        long position = member.position(asked);
        Orchestrator orchestrator = new Orchestrator(generation, view, doorkeeper);
        owned.put(partition, new Owned(generation, orchestrator));
        PARTITIONS.set(owned.size());
        GENERATION.labels(Integer.toString(partition)).set((double) generation);
        // fails if the group has gone on without this member; then nothing has been done
        member.commitSync(Map.of(asked, offset(asked, position)));
        List<Request.Run> starts = view.starting().stream()
                .filter(s -> s.partition() == partition && s.offset() < position)
                .sorted(Comparator.comparingLong(FleetView.Starting::offset))
                .map(FleetView.Starting::run)
                .toList();
        act(orchestrator.takeOver(journal, starts, clock.instant()));
        if (!orchestrator.open().isEmpty())
            LOG.info("partition {}: continues {} as generation {}", partition, orchestrator.open(), generation);
    }

    private void catchUp() {
        try {
            if (!horizon.reach(CATCH_UP_LIMIT))
                throw new IllegalStateException("the view did not catch up within " + CATCH_UP_LIMIT);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    /** Whether what has that key is this replica's to look after, as far as it knows. Any thread. */
    public boolean owns(String key) {
        return owned.containsKey(partition(key));
    }

    /** As the clients' default partitioner does it. */
    static int partition(String key) {
        return Utils.toPositive(Utils.murmur2(key.getBytes(StandardCharsets.UTF_8))) % Topics.PARTITIONS;
    }

    /** Has {@link #run} return soon, and the group know it. */
    public void end() {
        isOver = true;
    }

    private static void rest() {
        try {
            Thread.sleep(Duration.ofSeconds(1));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private final class Assignment implements ConsumerRebalanceListener {
        private final Consumer<String, String> member;

        Assignment(Consumer<String, String> member) {
            this.member = member;
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            disown();
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            List<Integer> mine = numbers(partitions, requests);
            if (!mine.equals(numbers(partitions, outcomes)))
                throw new IllegalStateException("requests and outcomes are not assigned alike: " + partitions);
            LOG.info("owns partitions {}", mine);
            if (mine.isEmpty()) return;
            catchUp();
            for (int partition : mine) takeOver(member, partition);
        }

        private static List<Integer> numbers(Collection<TopicPartition> partitions, String topic) {
            return partitions.stream()
                    .filter(p -> p.topic().equals(topic))
                    .map(TopicPartition::partition)
                    .sorted()
                    .toList();
        }
    }
}

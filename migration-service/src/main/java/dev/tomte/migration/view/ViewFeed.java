package dev.tomte.migration.view;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Json;
import dev.tomte.contracts.Migration;
import dev.tomte.contracts.Outcome;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Request;
import dev.tomte.contracts.Topics;
import dev.tomte.metrics.Lag;
import dev.tomte.migration.journal.Broker;
import io.prometheus.client.Gauge;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the topics from their beginning into a view, and follows them. Runs in a thread of its own. */
public final class ViewFeed implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(ViewFeed.class);
    private static final List<String> TOPICS =
            List.of(Topics.AVAILABILITY, Topics.PROCESSES, Topics.MIGRATIONS, Topics.REQUESTS, Topics.OUTCOMES);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration FORGET_EVERY = Duration.ofMinutes(1);
    private static final Gauge CAUGHT_UP = Gauge.build(
                    "tomte_view_caught_up", "Whether this replica has read all that was in the topics when it started.")
            .register();

    private final Broker broker;
    private final FleetView view;
    private final Clock clock;
    private final Map<TopicPartition, Long> reached = new ConcurrentHashMap<>();
    private volatile boolean isCaughtUp;
    private volatile boolean isOver;

    public ViewFeed(Broker broker, FleetView view, Clock clock) {
        this.broker = broker;
        this.view = view;
        this.clock = clock;
    }

    /** All that it reads. */
    List<TopicPartition> partitions() {
        List<TopicPartition> all = new ArrayList<>();
        for (String topic : TOPICS)
            for (int p = 0; p < Topics.PARTITIONS; p++) all.add(new TopicPartition(broker.topic(topic), p));
        return all;
    }

    /** Reads until it is told to end, or interrupted; begins anew if the client fails. */
    @Override
    public void run() {
        while (!isOver && !Thread.currentThread().isInterrupted()) {
            try (Consumer<String, String> consumer = broker.reader()) {
                follow(consumer);
            } catch (InterruptException | WakeupException e) {
                return;
            } catch (KafkaException e) {
                LOG.warn(
                        "reading the topics failed, beginning anew: {}",
                        broker.connection().explain(e));
                if (!rested()) return;
            }
        }
    }

    private void follow(Consumer<String, String> consumer) {
        List<TopicPartition> partitions = partitions();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        Optional<Map<TopicPartition, Long>> ends = Optional.empty();
        long forgotten = System.nanoTime();
        while (!isOver) {
            if (!isCaughtUp && ends.isEmpty()) ends = Optional.of(consumer.endOffsets(partitions));
            consumer.poll(POLL).forEach(this::take);
            Lag.note("view", consumer);
            Map<TopicPartition, Long> positions = new HashMap<>();
            for (TopicPartition partition : partitions) positions.put(partition, consumer.position(partition));
            reached.putAll(positions);
            if (!isCaughtUp && ends.filter(this::hasReached).isPresent()) {
                isCaughtUp = true;
                CAUGHT_UP.set(1);
                LOG.info("the view has caught up with the topics");
            }
            // whoever waits for a position is woken by any change
            view.touch();
            if (System.nanoTime() - forgotten > FORGET_EVERY.toNanos()) {
                forgotten = System.nanoTime();
                view.forget(clock.instant());
            }
        }
    }

    private void take(ConsumerRecord<String, String> message) {
        try {
            if (message.value() == null) {
                dropped(broker.own(message.topic()), message.key());
                return;
            }
            switch (broker.own(message.topic())) {
                case Topics.AVAILABILITY -> view.heard(Json.read(message.value(), Availability.class), isCaughtUp);
                case Topics.PROCESSES -> view.take(Json.read(message.value(), ProcessStatus.class));
                case Topics.MIGRATIONS -> view.take(Json.read(message.value(), Migration.class));
                case Topics.OUTCOMES -> view.take(Json.read(message.value(), Outcome.class));
                default -> view.take(Json.read(message.value(), Request.class), message.partition(), message.offset());
            }
        } catch (RuntimeException e) {
            // no record may stop the reading of the others
            LOG.warn(
                    "{}-{} offset {} is not what it should be, and left out: {}",
                    message.topic(),
                    message.partition(),
                    message.offset(),
                    e.getClass().getSimpleName());
        }
    }

    private void dropped(String topic, String key) {
        switch (topic) {
            case Topics.AVAILABILITY -> view.dropHost(key);
            case Topics.PROCESSES -> view.dropProcess(key);
            case Topics.MIGRATIONS -> view.dropMigration(key);
            default -> LOG.debug("an empty record of {} is left out", topic);
        }
    }

    private boolean hasReached(Map<TopicPartition, Long> ends) {
        return ends.entrySet().stream().allMatch(end -> reached.getOrDefault(end.getKey(), -1L) >= end.getValue());
    }

    /** Whether everything that stood in the topics at the start has been read. */
    public boolean isCaughtUp() {
        return isCaughtUp;
    }

    /** Waits until the view has everything before these offsets; false if the limit passed. */
    public boolean await(Map<TopicPartition, Long> ends, Duration limit) throws InterruptedException {
        return view.await(limit, () -> hasReached(ends) ? Optional.of(true) : Optional.empty())
                .isPresent();
    }

    /** Has {@link #run} return soon. */
    public void end() {
        isOver = true;
    }

    private static boolean rested() {
        try {
            Thread.sleep(Duration.ofSeconds(1));
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}

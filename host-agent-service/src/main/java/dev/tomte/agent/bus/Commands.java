package dev.tomte.agent.bus;

import dev.tomte.bus.SameBroker;
import dev.tomte.contracts.Command;
import dev.tomte.contracts.Json;
import dev.tomte.contracts.Topics;
import dev.tomte.metrics.Lag;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/**
 * The commands for this host, each at least once, in the order of its partition, on one thread. What came while the
 * agent was down comes when it is up again.
 */
public final class Commands implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Commands.class);
    private static final Duration AGAIN = Duration.ofMillis(500);
    /** Where a host that never ran begins to read. */
    private static final Duration LOOK_BACK = Duration.ofMinutes(10);

    private final Broker broker;
    private final String host;
    private final Positions positions;
    private final Consumer<Command> handler;
    private final SameBroker sameBroker = SameBroker.orEnd();
    private final Thread reader;
    private volatile boolean closed;
    private volatile @Nullable KafkaConsumer<String, String> current;

    /**
     * Begins to read.
     *
     * @param file where it notes how far it has read
     * @param handler does not throw; what it has been given is done when it returns
     */
    public Commands(Broker broker, String host, Path file, Consumer<Command> handler) {
        this.broker = broker;
        this.host = host;
        this.positions = new Positions(file);
        this.handler = handler;
        reader = Thread.ofPlatform().name("commands").daemon().start(this::run);
    }

    private void run() {
        String said = "";
        while (!closed) {
            try (KafkaConsumer<String, String> consumer =
                    new KafkaConsumer<>(broker.consumer(), new StringDeserializer(), sameBroker)) {
                current = consumer;
                begin(consumer);
                said = "";
                while (!closed) take(consumer);
            } catch (WakeupException | InterruptException e) {
                return;
            } catch (KafkaException | IOException | IllegalStateException e) {
                String why = broker.connection().explain(e);
                if (!why.equals(said)) LOG.warn("commands cannot be read now: {}", why);
                said = why;
                pause();
            }
        }
    }

    private void begin(KafkaConsumer<String, String> consumer) throws IOException {
        String topic = broker.connection().prefix().of(Topics.COMMANDS);
        List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
        if (partitions.isEmpty()) throw new IOException("the topic " + topic + " is not there yet");
        consumer.assign(partitions);
        // whoever has told us of the partitions has said who it is
        positions.keepThoseOf(sameBroker.id().orElse(""));
        long since = Instant.now().minus(LOOK_BACK).toEpochMilli();
        Map<TopicPartition, Long> times = new HashMap<>();
        for (TopicPartition partition : partitions) times.put(partition, since);
        Map<TopicPartition, OffsetAndTimestamp> found = consumer.offsetsForTimes(times);
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        for (TopicPartition partition : partitions) {
            OffsetAndTimestamp at = found.get(partition);
            long end = ends.getOrDefault(partition, 0L);
            long otherwise = at == null ? end : at.offset();
            long noted = positions.of(partition.partition()).orElse(otherwise);
            // A broker with a new log counts from zero again.
            consumer.seek(partition, noted > end ? otherwise : noted);
        }
    }

    private void take(KafkaConsumer<String, String> consumer) throws IOException {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(500))) {
            if (host.equals(record.key())) {
                handle(record);
                positions.note(record.partition(), record.offset() + 1);
            }
        }
        Lag.note("commands", consumer);
    }

    private void handle(ConsumerRecord<String, String> record) {
        try {
            handler.accept(Json.read(record.value(), Command.class));
        } catch (JacksonException | IllegalArgumentException e) {
            LOG.warn("no command at {}-{}: {}", record.partition(), record.offset(), e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("the command at {}-{} failed", record.partition(), record.offset(), e);
        }
    }

    private void pause() {
        try {
            Thread.sleep(AGAIN);
        } catch (InterruptedException e) {
            closed = true;
        }
    }

    @Override
    public void close() {
        closed = true;
        KafkaConsumer<String, String> consumer = current;
        if (consumer != null) consumer.wakeup();
        try {
            reader.join(3000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

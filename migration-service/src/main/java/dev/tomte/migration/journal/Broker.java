package dev.tomte.migration.journal;

import dev.tomte.bus.Connection;
import dev.tomte.bus.SameBroker;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** How this service speaks to the broker; all that it reads is of one. */
public final class Broker {
    private static final String GROUP = "migration-service";
    /** An answer is given to a caller, or a takeover begins, when the broker has been away for longer. */
    private static final int PATIENCE_MILLIS = 45_000;

    private final Connection connection;
    private final SameBroker sameBroker = SameBroker.orEnd();

    public Broker(Connection connection) {
        this.connection = connection;
    }

    public Producer<String, String> producer() {
        return new KafkaProducer<>(
                with(Map.of(
                        ProducerConfig.ACKS_CONFIG,
                        "all",
                        ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                        true,
                        ProducerConfig.LINGER_MS_CONFIG,
                        0,
                        ProducerConfig.BUFFER_MEMORY_CONFIG,
                        4L << 20,
                        ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
                        5_000,
                        ProducerConfig.MAX_BLOCK_MS_CONFIG,
                        PATIENCE_MILLIS,
                        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                        PATIENCE_MILLIS)),
                new StringSerializer(),
                new StringSerializer());
    }

    /** Reads whatever it is assigned, from the beginning, and commits nothing. */
    public Consumer<String, String> reader() {
        return new KafkaConsumer<>(
                with(Map.of(
                        ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
                        false,
                        ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                        false,
                        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                        "earliest",
                        ConsumerConfig.FETCH_MAX_BYTES_CONFIG,
                        4 << 20,
                        ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG,
                        250)),
                new StringDeserializer(),
                sameBroker);
    }

    /**
     * A member of the group that shares the partitions. The range assignor gives the same partition numbers of topics
     * with equally many partitions to the same member.
     */
    public Consumer<String, String> member() {
        Map<String, Object> settings = new HashMap<>(with(Map.of(
                ConsumerConfig.GROUP_ID_CONFIG,
                group(),
                ConsumerConfig.GROUP_PROTOCOL_CONFIG,
                "classic",
                ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
                RangeAssignor.class.getName(),
                ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG,
                6_000,
                ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG,
                1_000,
                ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                false,
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                "earliest",
                ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
                50,
                ConsumerConfig.FETCH_MAX_BYTES_CONFIG,
                4 << 20,
                ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG,
                250)));
        // a rebalance waits so long for a member that still writes; more than the producer's patience
        settings.put(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG, 2 * PATIENCE_MILLIS);
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        return new KafkaConsumer<>(settings, new StringDeserializer(), sameBroker);
    }

    public Admin admin() {
        return Admin.create(with(Map.of("request.timeout.ms", 5_000, "default.api.timeout.ms", 15_000)));
    }

    /** The brokers themselves, for {@link WantedTopics}. */
    public Connection connection() {
        return connection;
    }

    /** What the topic with that name of ours is called there. */
    public String topic(String own) {
        return connection.prefix().of(own);
    }

    /** Our name of a topic there. */
    public String own(String topic) {
        return connection.prefix().without(topic);
    }

    private String group() {
        return connection.prefix().of(GROUP);
    }

    private Map<String, Object> with(Map<String, Object> settings) {
        Map<String, Object> all = new HashMap<>(settings);
        all.put("reconnect.backoff.max.ms", 1_000);
        all.put("metadata.max.age.ms", 30_000);
        all.putAll(connection.settings());
        return all;
    }
}

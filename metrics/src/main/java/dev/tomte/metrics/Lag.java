package dev.tomte.metrics;

import io.prometheus.client.Gauge;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;

/** How far this service's readers are behind the topics. */
public final class Lag {
    private static final Gauge RECORDS = Gauge.build(
                    "tomte_kafka_lag_records", "Records that are in the topics and that this reader has not read yet.")
            .labelNames("reader")
            .register();

    private Lag() {}

    /**
     * Looks at what the consumer knows by its last poll; asks nobody. The consumer's own thread.
     *
     * @param reader what it reads for: one of a few words
     */
    public static void note(String reader, Consumer<?, ?> consumer) {
        long behind = 0;
        for (TopicPartition partition : consumer.assignment())
            behind += consumer.currentLag(partition).orElse(0);
        RECORDS.labels(reader).set((double) behind);
    }
}

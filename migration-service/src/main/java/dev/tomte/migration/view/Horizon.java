package dev.tomte.migration.view;

import dev.tomte.migration.journal.Broker;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far the topics reach. A view is always a little behind them, and what another replica has answered a caller may
 * not be in it: before anybody is told that something does not exist, the view is brought up to the horizon. Any thread.
 */
public final class Horizon implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Horizon.class);
    private static final Duration CLOSES_WITHIN = Duration.ofSeconds(5);

    private final Broker broker;
    private final Admin admin;
    private final ViewFeed feed;

    public Horizon(Broker broker, ViewFeed feed) {
        this.broker = broker;
        this.admin = broker.admin();
        this.feed = feed;
    }

    /** Waits until the view has all that the topics have now; false if the broker or the reading takes too long. */
    public boolean reach(Duration limit) throws InterruptedException {
        try {
            return feed.await(ends(limit), limit);
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn(
                    "it cannot be told how far the topics reach: {}",
                    broker.connection().explain(e));
            return false;
        }
    }

    private Map<TopicPartition, Long> ends(Duration limit)
            throws ExecutionException, InterruptedException, TimeoutException {
        return admin
                .listOffsets(feed.partitions().stream()
                        .collect(Collectors.toMap(Function.identity(), partition -> OffsetSpec.latest())))
                .all()
                .get(limit.toMillis(), TimeUnit.MILLISECONDS)
                .entrySet()
                .stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, end -> end.getValue().offset()));
    }

    @Override
    public void close() {
        admin.close(CLOSES_WITHIN);
    }
}

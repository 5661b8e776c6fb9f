package dev.tomte.migration;

import dev.tomte.migration.journal.Broker;
import dev.tomte.migration.journal.WantedTopics;
import dev.tomte.migration.orchestration.PartitionOwner;
import dev.tomte.migration.view.ViewFeed;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * The threads of one replica: makes the topics, reads them, then takes its share of the work. Each waits for the broker
 * as long as it takes.
 */
final class Replica implements SmartLifecycle {
    private static final Logger LOG = LoggerFactory.getLogger(Replica.class);
    private static final Duration END_LIMIT = Duration.ofSeconds(5);

    private final Broker broker;
    private final ViewFeed feed;
    private final PartitionOwner owner;
    private volatile List<Thread> threads = List.of();

    Replica(Broker broker, ViewFeed feed, PartitionOwner owner) {
        this.broker = broker;
        this.feed = feed;
        this.owner = owner;
    }

    @Override
    public void start() {
        Thread reading = Thread.ofPlatform().name("view").unstarted(() -> {
            if (hasTopics()) feed.run();
        });
        Thread working = Thread.ofPlatform().name("partitions").unstarted(() -> {
            if (isCaughtUp()) owner.run();
        });
        threads = List.of(reading, working);
        threads.forEach(Thread::start);
    }

    private boolean hasTopics() {
        String said = "";
        while (true) {
            try {
                String why = why();
                if (why.isEmpty()) return true;
                if (!why.equals(said)) LOG.warn("the topics cannot be used, trying again and again: {}", why);
                said = why;
                Thread.sleep(Duration.ofSeconds(1));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
    }

    /** Empty if the topics are as they shall be. */
    private String why() throws InterruptedException {
        try (Admin admin = broker.admin()) {
            return String.join("; ", new WantedTopics(broker.connection()).ensure(admin));
        } catch (ExecutionException | KafkaException e) {
            return broker.connection().explain(e);
        }
    }

    private boolean isCaughtUp() {
        try {
            while (!feed.isCaughtUp()) feed.await(Map.of(), Duration.ofMillis(100));
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Leaves the group, so that the others need not wait until this replica is missed. */
    @Override
    public void stop() {
        owner.end();
        feed.end();
        List<Thread> ending = threads;
        threads = List.of();
        try {
            for (Thread thread : ending)
                if (!thread.join(END_LIMIT)) {
                    thread.interrupt();
                    thread.join(END_LIMIT);
                }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public boolean isRunning() {
        return !threads.isEmpty();
    }
}

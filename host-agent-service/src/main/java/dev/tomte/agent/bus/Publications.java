package dev.tomte.agent.bus;

import dev.tomte.contracts.Topics;
import io.prometheus.client.Gauge;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this host has to say, in the order in which it was said. While no broker answers it is kept, and told again and
 * again. Any thread; telling never waits.
 */
public final class Publications implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Publications.class);
    private static final Duration AGAIN = Duration.ofMillis(500);
    /** Some minutes of a busy host; past it the oldest goes first. */
    private static final int MOST = 100_000;

    private static final Gauge UNTOLD = Gauge.build(
                    "tomte_untold_records", "What this host has to say and no broker has taken yet.")
            .register();

    /** What agents write to. */
    private static final List<String> TOPICS = List.of(Topics.AVAILABILITY, Topics.PROCESSES, Topics.OUTCOMES);

    private record Word(String topic, String key, @Nullable String value, Runnable heard) {}

    private final Broker broker;
    private final Waiting<Word> words = new Waiting<>();
    private final Thread teller;
    private @Nullable KafkaProducer<String, String> producer;
    private boolean areMade;

    public Publications(Broker broker) {
        this.broker = broker;
        teller = Thread.ofPlatform().name("publications").daemon().start(this::run);
    }

    /** @param value null: the key is of no use any more */
    public void tell(String topic, String key, @Nullable String value) {
        tell(topic, key, value, Duration.ZERO, () -> {});
    }

    /**
     * @param value null: the key is of no use any more
     * @param patience how long it may wait for something more urgent to go with
     * @param heard called when the broker has it
     */
    public void tell(String topic, String key, @Nullable String value, Duration patience, Runnable heard) {
        if (words.add(new Word(topic, key, value, heard), patience, MOST))
            LOG.warn("no broker for too long: the oldest is left out");
        UNTOLD.set(words.size());
    }

    private void run() {
        try {
            while (true) tellNow(words.take());
        } catch (InterruptedException e) {
            KafkaProducer<String, String> last = producer;
            if (last != null) last.close(Duration.ofSeconds(1));
        }
    }

    private void tellNow(Word word) throws InterruptedException {
        String said = "";
        while (true) {
            try {
                ready().send(new ProducerRecord<>(broker.connection().prefix().of(word.topic), word.key, word.value))
                        .get();
                if (!said.isEmpty()) LOG.info("the broker answers again");
                word.heard.run();
                UNTOLD.set(words.size());
                return;
            } catch (ExecutionException | KafkaException e) {
                if (Thread.interrupted()) throw new InterruptedException();
                String why = broker.connection().explain(e);
                if (!why.equals(said)) LOG.warn("the broker does not take what there is for {}: {}", word.topic, why);
                said = why;
                renew();
                Thread.sleep(AGAIN);
            }
        }
    }

    private KafkaProducer<String, String> ready() throws ExecutionException, InterruptedException {
        KafkaProducer<String, String> now = producer;
        if (now != null) return now;
        if (!areMade) lookForTopics();
        producer = now = new KafkaProducer<>(broker.producer(), new StringSerializer(), new StringSerializer());
        return now;
    }

    /** A producer that asks for a topic has brokers make it, if that is their custom, with settings of their own. */
    private void lookForTopics() throws ExecutionException, InterruptedException {
        try (Admin admin = Admin.create(broker.admin())) {
            admin.describeTopics(TOPICS.stream()
                            .map(broker.connection().prefix()::of)
                            .toList())
                    .allTopicNames()
                    .get();
        }
        areMade = true;
    }

    /** An idempotent producer that failed may refuse everything from then on. */
    private void renew() {
        KafkaProducer<String, String> old = producer;
        producer = null;
        if (old != null) old.close(Duration.ZERO);
    }

    /** What has not been told by now is lost to Kafka; it can be rebuilt from the stubs. */
    @Override
    public void close() {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
        try {
            while (!words.isEmpty() && System.nanoTime() - end < 0) Thread.sleep(10);
            teller.interrupt();
            teller.join(3000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

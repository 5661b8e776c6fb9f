package dev.tomte.migration.journal;

import dev.tomte.bus.Prefix;
import dev.tomte.contracts.Command;
import dev.tomte.contracts.Json;
import dev.tomte.contracts.Migration;
import dev.tomte.contracts.Outcome;
import dev.tomte.contracts.Request;
import dev.tomte.contracts.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.jspecify.annotations.Nullable;

/**
 * Writes with acks=all. Any thread may {@link #ask}; the rest is for one thread, the partition owner's. Closes its
 * producer.
 */
public final class KafkaOutbox implements Outbox, AutoCloseable {
    private final Supplier<Producer<String, String>> maker;
    private final Prefix prefix;
    private final AtomicReference<@Nullable Producer<String, String>> current = new AtomicReference<>();
    private final List<Future<?>> underWay = new ArrayList<>();

    /**
     * @param maker of a producer, when one is needed
     * @param prefix of the topics there
     */
    public KafkaOutbox(Supplier<Producer<String, String>> maker, Prefix prefix) {
        this.maker = maker;
        this.prefix = prefix;
    }

    @Override
    public void ask(Request request) {
        // A name is unique in the fleet, and ids that differ hash differently: who asks for one name must meet in one
        // partition, where its owner serializes them.
        String key = request instanceof Request.Run run ? run.launch().name() : request.process();
        written(send(Topics.REQUESTS, key, Json.write(request)));
    }

    @Override
    public void journal(Migration entry) {
        underWay.add(send(Topics.MIGRATIONS, entry.id(), Json.write(entry)));
    }

    @Override
    public void forget(String migration) {
        underWay.add(send(Topics.MIGRATIONS, migration, null));
    }

    @Override
    public void command(Command command) {
        underWay.add(send(
                Topics.COMMANDS,
                command.host(),
                Json.mapper().writerFor(Command.class).writeValueAsString(command)));
    }

    @Override
    public void answer(Outcome outcome) {
        underWay.add(send(Topics.OUTCOMES, outcome.process(), Json.write(outcome)));
    }

    @Override
    public void flush() {
        List<Future<?>> sent = List.copyOf(underWay);
        underWay.clear();
        sent.forEach(this::written);
    }

    private Future<?> send(String topic, String key, @Nullable String value) {
        try {
            return producer().send(new ProducerRecord<>(prefix.of(topic), key, value));
        } catch (KafkaException e) {
            renewAfter(e);
            throw new NotWritten("the broker does not answer", e);
        }
    }

    private Producer<String, String> producer() {
        Producer<String, String> now = current.get();
        if (now != null) return now;
        Producer<String, String> made = maker.get();
        Producer<String, String> other = current.compareAndExchange(null, made);
        if (other == null) return made;
        made.close(Duration.ZERO);
        return other;
    }

    /** One that brokers have refused, for its password perhaps, refuses everything from then on by itself. */
    private void renewAfter(@Nullable Throwable failure) {
        if (failure instanceof RetriableException) return;
        Producer<String, String> refused = current.getAndSet(null);
        if (refused != null) refused.close(Duration.ZERO);
    }

    private void written(Future<?> record) {
        try {
            record.get();
        } catch (ExecutionException e) {
            renewAfter(e.getCause());
            throw new NotWritten("the broker did not say that it has a record", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptException(e);
        }
    }

    @Override
    public void close() {
        Producer<String, String> last = current.getAndSet(null);
        if (last != null) last.close();
    }
}

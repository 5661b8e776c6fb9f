package dev.tomte.migration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.authority.Authority;
import dev.tomte.bus.Connection;
import dev.tomte.bus.SameBroker;
import dev.tomte.contracts.Identity;
import dev.tomte.contracts.Peer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class AnotherBrokerTest {
    @TempDir
    private Path directory;

    private record Running(Connection connection, Runnable end) implements AutoCloseable {
        @Override
        public void close() {
            end.run();
        }
    }

    private interface Maker {
        /** Always at the same ports. */
        Running make(Path at) throws Exception;
    }

    @Test
    void aBrokerThatHasLostItsDiskIsAnother() throws Exception {
        Identity own = identity();
        int port = TestBroker.freePort();
        int controller = TestBroker.freePort();
        assertIsHeard(at -> {
            TestBroker broker = new TestBroker(at, own, port, controller);
            return new Running(Connection.own(broker.servers(), own), broker::close);
        });
    }

    @Test
    void soIsAnotherKafkaThatWantsAPassword() throws Exception {
        Identity own = identity();
        int port = TestBroker.freePort();
        int owners = TestBroker.freePort();
        int controller = TestBroker.freePort();
        assertIsHeard(at -> {
            SharedBroker broker = new SharedBroker(at, own, port, owners, controller, "tomte");
            return new Running(broker.user("tomte", SharedBroker.PASSWORD, "lab."), broker::close);
        });
    }

    private Identity identity() throws Exception {
        return Authority.open(directory.resolve("authority")).issue(directory, "broker", Peer.Role.BROKER);
    }

    private void assertIsHeard(Maker maker) throws Exception {
        AtomicInteger heard = new AtomicInteger();
        SameBroker same = new SameBroker(heard::incrementAndGet);
        Running first = maker.make(directory.resolve("first"));
        Map<String, Object> settings = new HashMap<>(first.connection().settings());
        settings.put("reconnect.backoff.max.ms", 500);
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings, new StringDeserializer(), same)) {
            consumer.assign(List.of(new TopicPartition("nothing", 0)));
            Awaitility.await().until(() -> {
                polled(consumer);
                return !consumer.listTopics(Duration.ofSeconds(5)).containsKey("nothing");
            });
            assertTrue(same.id().isPresent());
            first.close();
            assertEquals(0, heard.get());
            try (Running _ = maker.make(directory.resolve("second"))) {
                Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> {
                    polled(consumer);
                    return heard.get() > 0;
                });
            }
        }
    }

    /** Who may not see a topic is told so, by each broker. */
    private static void polled(KafkaConsumer<String, String> consumer) {
        try {
            consumer.poll(Duration.ofMillis(100));
        } catch (TopicAuthorizationException e) {
            assertEquals(Set.of("nothing"), e.unauthorizedTopics());
        }
    }
}

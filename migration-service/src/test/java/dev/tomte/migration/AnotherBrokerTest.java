package dev.tomte.migration;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tomte.authority.Authority;
import dev.tomte.bus.SameBroker;
import dev.tomte.contracts.Identity;
import dev.tomte.contracts.Peer;
import dev.tomte.migration.journal.BrokerSecurity;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class AnotherBrokerTest {
    @TempDir
    private Path directory;

    @Test
    void aBrokerThatHasLostItsDiskIsAnother() throws Exception {
        Authority authority = Authority.open(directory.resolve("authority"));
        Identity own = authority.issue(directory, "broker", Peer.Role.BROKER);
        int port = TestBroker.freePort();
        int controller = TestBroker.freePort();
        AtomicInteger heard = new AtomicInteger();
        TestBroker first = new TestBroker(directory.resolve("first"), own, port, controller);
        Map<String, Object> settings = new HashMap<>(BrokerSecurity.mutualTls(first.servers(), own));
        settings.put("reconnect.backoff.max.ms", 500);
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(settings, new StringDeserializer(), new SameBroker(heard::incrementAndGet))) {
            consumer.assign(List.of(new TopicPartition("nothing", 0)));
            Awaitility.await().until(() -> {
                consumer.poll(Duration.ofMillis(100));
                return !consumer.listTopics(Duration.ofSeconds(5)).containsKey("nothing");
            });
            first.close();
            assertEquals(0, heard.get());
            try (TestBroker _ = new TestBroker(directory.resolve("second"), own, port, controller)) {
                Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> {
                    consumer.poll(Duration.ofMillis(100));
                    return heard.get() > 0;
                });
            }
        }
    }
}

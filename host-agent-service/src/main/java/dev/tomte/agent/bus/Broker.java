package dev.tomte.agent.bus;

import dev.tomte.bus.Connection;
import java.util.HashMap;
import java.util.Map;

/**
 * How this host speaks to Kafka.
 *
 * @param connection how the brokers are reached
 * @param client a name for the brokers' logs
 */
public record Broker(Connection connection, String client) {
    private Map<String, Object> common() {
        Map<String, Object> settings = new HashMap<>(connection.settings());
        settings.put("client.id", client);
        settings.put("reconnect.backoff.ms", "100");
        settings.put("reconnect.backoff.max.ms", "1000");
        return settings;
    }

    Map<String, Object> admin() {
        Map<String, Object> settings = common();
        settings.put("default.api.timeout.ms", "5000");
        settings.put("request.timeout.ms", "5000");
        return settings;
    }

    Map<String, Object> producer() {
        Map<String, Object> settings = common();
        settings.put("acks", "all");
        settings.put("enable.idempotence", "true");
        // what is said is waited for before the next is said
        settings.put("linger.ms", "0");
        settings.put("max.block.ms", "2000");
        settings.put("request.timeout.ms", "5000");
        settings.put("delivery.timeout.ms", "10000");
        settings.put("buffer.memory", "4194304");
        return settings;
    }

    Map<String, Object> consumer() {
        Map<String, Object> settings = common();
        settings.put("enable.auto.commit", "false");
        settings.put("auto.offset.reset", "latest");
        settings.put("allow.auto.create.topics", "false");
        settings.put("default.api.timeout.ms", "5000");
        settings.put("request.timeout.ms", "5000");
        settings.put("fetch.max.wait.ms", "500");
        // The JVM has little memory, and commands are small.
        settings.put("fetch.max.bytes", "1048576");
        settings.put("max.partition.fetch.bytes", "262144");
        return settings;
    }
}

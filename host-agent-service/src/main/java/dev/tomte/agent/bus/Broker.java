package dev.tomte.agent.bus;

import dev.tomte.contracts.Identity;
import java.io.IOException;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.Map;

/**
 * How Kafka is reached: mutual TLS always.
 *
 * @param bootstrap addresses of brokers
 * @param identity who we are to them
 * @param client a name for the brokers' logs
 */
public record Broker(String bootstrap, Identity identity, String client) {
    private Map<String, Object> common() throws IOException {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("client.id", client);
        settings.put("security.protocol", "SSL");
        settings.put("ssl.enabled.protocols", "TLSv1.3");
        settings.put("ssl.keystore.type", "PEM");
        settings.put("ssl.keystore.certificate.chain", Files.readString(identity.certificate()));
        settings.put("ssl.keystore.key", Files.readString(identity.key()));
        settings.put("ssl.truststore.type", "PEM");
        settings.put("ssl.truststore.certificates", Files.readString(identity.authority()));
        settings.put("reconnect.backoff.ms", "100");
        settings.put("reconnect.backoff.max.ms", "1000");
        return settings;
    }

    Map<String, Object> producer() throws IOException {
        Map<String, Object> settings = common();
        settings.put("acks", "all");
        settings.put("enable.idempotence", "true");
        settings.put("max.block.ms", "2000");
        settings.put("request.timeout.ms", "5000");
        settings.put("delivery.timeout.ms", "10000");
        settings.put("buffer.memory", "4194304");
        return settings;
    }

    Map<String, Object> consumer() throws IOException {
        Map<String, Object> settings = common();
        settings.put("enable.auto.commit", "false");
        settings.put("auto.offset.reset", "latest");
        settings.put("default.api.timeout.ms", "5000");
        settings.put("request.timeout.ms", "5000");
        settings.put("fetch.max.wait.ms", "500");
        // The JVM has little memory, and commands are small.
        settings.put("fetch.max.bytes", "1048576");
        settings.put("max.partition.fetch.bytes", "262144");
        return settings;
    }
}

package dev.tomte.migration;

import dev.tomte.contracts.Identity;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.BindException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;

/** A real broker in this JVM, with mutual TLS; it can go away and come back with what it had. */
final class TestBroker implements AutoCloseable {
    private final Map<String, String> settings = new HashMap<>();
    private final int port;
    private KafkaRaftServer server;

    TestBroker(Path directory, Identity identity, int port, int controllerPort) throws Exception {
        this(directory, identity, port, controllerPort, Map.of(), List.of());
    }

    /**
     * @param more settings besides, which count more
     * @param users as {@code kafka-storage --add-scram} takes them
     */
    TestBroker(
            Path directory,
            Identity identity,
            int port,
            int controllerPort,
            Map<String, String> more,
            List<String> users)
            throws Exception {
        this.port = port;
        settings.put("process.roles", "broker,controller");
        settings.put("node.id", "1");
        settings.put("listeners", "SSL://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d".formatted(port, controllerPort));
        settings.put("advertised.listeners", "SSL://127.0.0.1:" + port);
        settings.put("listener.security.protocol.map", "SSL:SSL,CONTROLLER:PLAINTEXT");
        settings.put("inter.broker.listener.name", "SSL");
        settings.put("controller.listener.names", "CONTROLLER");
        settings.put("controller.quorum.voters", "1@127.0.0.1:" + controllerPort);
        settings.put("log.dirs", directory.toString());
        settings.put("offsets.topic.replication.factor", "1");
        settings.put("offsets.topic.num.partitions", "1");
        settings.put("group.initial.rebalance.delay.ms", "0");
        settings.put("auto.create.topics.enable", "false");
        settings.put("log.cleaner.dedupe.buffer.size", "2097152");
        settings.put("ssl.client.auth", "required");
        settings.put("ssl.keystore.type", "PEM");
        settings.put("ssl.keystore.certificate.chain", read(identity.certificate()));
        settings.put("ssl.keystore.key", read(identity.key()));
        settings.put("ssl.truststore.type", "PEM");
        settings.put("ssl.truststore.certificates", read(identity.authority()));
        settings.putAll(more);
        try (PrintStream quiet = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)) {
            new Formatter()
                    .setPrintStream(quiet)
                    .setNodeId(1)
                    .setClusterId(Uuid.randomUuid().toString())
                    .addDirectory(directory.toString())
                    .setMetadataLogDirectory(directory.toString())
                    .setControllerListenerName("CONTROLLER")
                    .setScramArguments(users)
                    .run();
        }
        server = started();
    }

    /** Below the range from which the kernel gives out ports by itself. */
    static int freePort() throws IOException {
        SecureRandom random = new SecureRandom();
        for (int left = 1000; ; left--) {
            try (ServerSocket socket = new ServerSocket(20_000 + random.nextInt(10_000))) {
                return socket.getLocalPort();
            } catch (BindException e) {
                if (left == 0) throw e;
            }
        }
    }

    private static String read(Path file) throws IOException {
        return Files.readString(file);
    }

    private KafkaRaftServer started() {
        KafkaRaftServer next = new KafkaRaftServer(KafkaConfig.fromProps(properties()), Time.SYSTEM);
        next.startup();
        return next;
    }

    private Properties properties() {
        Properties properties = new Properties();
        properties.putAll(settings);
        return properties;
    }

    String servers() {
        return "127.0.0.1:" + port;
    }

    void goAway() {
        server.shutdown();
        server.awaitShutdown();
    }

    void comeBack() {
        server = started();
    }

    @Override
    public void close() {
        goAway();
    }
}

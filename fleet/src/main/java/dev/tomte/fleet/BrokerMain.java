package dev.tomte.fleet;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;

/** Kafka itself: one broker and its controller in this JVM. The one argument is a file of Kafka's own properties. */
public final class BrokerMain {
    private BrokerMain() {}

    public static void main(String[] arguments) throws Exception {
        Properties properties = new Properties();
        try (Reader in = Files.newBufferedReader(Path.of(arguments[0]), StandardCharsets.UTF_8)) {
            properties.load(in);
        }
        formatOnce(properties);
        KafkaRaftServer server = new KafkaRaftServer(KafkaConfig.fromProps(properties), Time.SYSTEM);
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown, "shutdown"));
        server.startup();
        server.awaitShutdown();
    }

    private static void formatOnce(Properties properties) throws Exception {
        Path directory = Path.of(properties.getProperty("log.dirs"));
        if (Files.exists(directory.resolve("meta.properties"))) return;
        createAnew(directory);
        try (PrintStream quiet = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)) {
            new Formatter()
                    .setPrintStream(quiet)
                    .setNodeId(Integer.parseInt(properties.getProperty("node.id")))
                    .setClusterId(Uuid.randomUuid().toString())
                    .addDirectory(directory.toString())
                    .setMetadataLogDirectory(directory.toString())
                    .setControllerListenerName(properties.getProperty("controller.listener.names"))
                    .run();
        }
    }

    /** A directory without meta.properties was never finished. */
    private static void createAnew(Path directory) throws IOException {
        Directories.delete(directory);
        Files.createDirectories(directory);
    }
}

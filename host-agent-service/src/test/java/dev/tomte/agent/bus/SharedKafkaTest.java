package dev.tomte.agent.bus;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.tomte.authority.Authority;
import dev.tomte.bus.Connection;
import dev.tomte.contracts.Command;
import dev.tomte.contracts.Identity;
import dev.tomte.contracts.Json;
import dev.tomte.contracts.Peer;
import dev.tomte.contracts.Topics;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** An agent at a real broker of somebody else's, which wants a password over TLS. */
@Timeout(180)
class SharedKafkaTest {
    private static final String PASSWORD = "s3cret/Of+An=Agent";
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Queue<String> LOGGED = new ConcurrentLinkedQueue<>();
    private static final AppenderBase<ILoggingEvent> LISTENER = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            LOGGED.add(event.getFormattedMessage() + event.getThrowableProxy());
        }
    };
    private static final List<String> LOGGERS = List.of("org.apache.kafka", "dev.tomte");

    @TempDir
    static Path directory;

    private static Identity identity = new Identity(Path.of("none"));
    private static @Nullable Process kafka;
    private static int port;

    @BeforeAll
    static void start() throws Exception {
        LoggerContext loggers = (LoggerContext) LoggerFactory.getILoggerFactory();
        LISTENER.setContext(loggers);
        LISTENER.start();
        for (String name : LOGGERS) {
            Logger logger = loggers.getLogger(name);
            logger.setLevel(Level.DEBUG);
            logger.setAdditive(false);
            logger.addAppender(LISTENER);
        }
        identity = Authority.open(directory.resolve("authority")).issue(directory, "broker", Peer.Role.BROKER);
        int controller;
        try (ServerSocket one = new ServerSocket(0);
                ServerSocket other = new ServerSocket(0)) {
            port = one.getLocalPort();
            controller = other.getLocalPort();
        }
        Path properties = directory.resolve("broker.properties");
        Files.writeString(
                properties, """
                process.roles=broker,controller
                node.id=1
                controller.quorum.voters=1@127.0.0.1:%2$d
                listeners=SASL_SSL://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
                listener.security.protocol.map=SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
                controller.listener.names=CONTROLLER
                inter.broker.listener.name=SASL_SSL
                sasl.enabled.mechanisms=PLAIN
                sasl.mechanism.inter.broker.protocol=PLAIN
                listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule \
                required username="kafka" password="own" user_kafka="own" user_tomte="%3$s";
                ssl.keystore.type=PEM
                ssl.keystore.location=%4$s/host.pem
                ssl.truststore.type=PEM
                ssl.truststore.location=%4$s/ca.crt
                log.dirs=%5$s
                auto.create.topics.enable=true
                offsets.topic.replication.factor=1
                log.cleaner.dedupe.buffer.size=2097152
                """.formatted(port, controller, PASSWORD, identity.directory(), directory.resolve("data")));
        kafka = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.tomte.fleet.BrokerMain",
                        properties.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("broker.log").toFile())
                .start();
        try (Admin admin = Admin.create(connection("setup", PASSWORD).settings())) {
            Awaitility.await()
                    .atMost(SOON)
                    .ignoreException(ExecutionException.class)
                    .until(() -> !admin.describeCluster().nodes().get().isEmpty());
            make(admin, "lab.");
        }
    }

    @AfterAll
    static void end() throws InterruptedException {
        LoggerContext loggers = (LoggerContext) LoggerFactory.getILoggerFactory();
        for (String name : LOGGERS) {
            Logger logger = loggers.getLogger(name);
            logger.detachAppender(LISTENER);
            logger.setLevel(null);
            logger.setAdditive(true);
        }
        LISTENER.stop();
        if (kafka != null) kafka.destroyForcibly().waitFor();
    }

    private static Path credentials(String name, String password) throws IOException {
        Path credentials = Files.createDirectories(directory.resolve(name));
        Files.writeString(credentials.resolve("username"), "tomte");
        Files.writeString(credentials.resolve("password"), password);
        return credentials;
    }

    /** As the chart writes it. */
    private static Connection connection(String name, String password) throws IOException {
        return connection(name, password, "lab.");
    }

    private static Connection connection(String name, String password, String prefix) throws IOException {
        Map<String, String> properties = Map.of(
                "tomte.kafka.servers",
                "127.0.0.1:" + port,
                "tomte.kafka.security",
                "tls",
                "tomte.kafka.tls.authority",
                identity.authority().toString(),
                "tomte.kafka.sasl.mechanism",
                "PLAIN",
                "tomte.kafka.sasl.credentials",
                credentials(name, password).toString(),
                "tomte.kafka.prefix",
                prefix);
        return Connection.of(properties::get, identity);
    }

    private static ConsumerRecord<String, String> first(Connection connection, String topic, String key) {
        Map<String, Object> settings = new HashMap<>(connection.settings());
        settings.put("auto.offset.reset", "earliest");
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            while (true)
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100)))
                    if (key.equals(record.key())) return record;
        }
    }

    private static void assertNeverLogged(String secret) {
        assertTrue(LOGGED.stream().anyMatch(line -> line.contains("sasl.mechanism = PLAIN")), "nothing was heard");
        assertEquals(
                List.of(), LOGGED.stream().filter(line -> line.contains(secret)).toList());
    }

    @Test
    void whatItSaysAndIsToldIsUnderThePrefix() throws Exception {
        Connection connection = connection("right", PASSWORD);
        Broker broker = new Broker(connection, "ws1");
        try (Publications publications = new Publications(broker)) {
            publications.tell(Topics.PROCESSES, "p1", "a word");
            assertEquals(
                    "a word", first(connection, "lab.tomte.processes", "p1").value());
        }
        Command command = new Command.Signal("ws1", "p1", 1, 15);
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(connection.settings(), new StringSerializer(), new StringSerializer())) {
            producer.send(new ProducerRecord<>(
                            "lab.tomte.commands",
                            "ws1",
                            Json.mapper().writerFor(Command.class).writeValueAsString(command)))
                    .get();
        }
        BlockingQueue<Command> heard = new LinkedBlockingQueue<>();
        try (Commands _ = new Commands(broker, "ws1", directory.resolve("commands"), heard::add)) {
            assertEquals(command, requireNonNull(heard.poll(SOON.toSeconds(), TimeUnit.SECONDS), "no command"));
        }
        assertNeverLogged(PASSWORD);
    }

    @Test
    void brokersThatMakeTopicsByThemselvesAreNotAskedForThemBeforeTheyAreThere() throws Exception {
        Connection connection = connection("early", PASSWORD, "early.");
        Broker broker = new Broker(connection, "ws3");
        try (Admin admin = Admin.create(connection.settings());
                Commands _ = new Commands(broker, "ws3", directory.resolve("early-commands"), command -> {});
                Publications publications = new Publications(broker)) {
            publications.tell(Topics.PROCESSES, "p3", "early");
            for (String said : List.of(
                    "the broker does not take what there is for tomte.processes: the topics are not there yet",
                    "commands cannot be read now: the topic early.tomte.commands is not there yet"))
                Awaitility.await().atMost(SOON).until(() -> LOGGED.stream().anyMatch(line -> line.contains(said)));
            assertTrue(
                    admin.listTopics().names().get().stream().noneMatch(name -> name.startsWith("early.")),
                    "none was made");
            make(admin, "early.");
            assertEquals(
                    "early", first(connection, "early.tomte.processes", "p3").value());
        }
    }

    private static void make(Admin admin, String prefix) throws ExecutionException, InterruptedException {
        admin.createTopics(Topics.ALL.stream()
                        .map(topic -> new NewTopic(prefix + topic.name(), topic.partitions(), (short) 1))
                        .toList())
                .all()
                .get();
    }

    @Test
    void aWrongPasswordIsSaidAndWhatThereIsToSayIsKeptUntilItIsRight() throws Exception {
        String wrong = "a-wr0ng-password";
        Connection connection = connection("changed", wrong);
        try (Publications publications = new Publications(new Broker(connection, "ws2"))) {
            publications.tell(Topics.PROCESSES, "p2", "kept");
            Awaitility.await()
                    .atMost(SOON)
                    .until(() -> LOGGED.stream()
                            .anyMatch(line -> line.contains("does not take the user 'tomte' with this password")));
            credentials("changed", PASSWORD);
            assertEquals("kept", first(connection, "lab.tomte.processes", "p2").value());
        }
        assertNeverLogged(wrong);
        assertNeverLogged(PASSWORD);
    }
}

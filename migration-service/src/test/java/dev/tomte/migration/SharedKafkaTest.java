package dev.tomte.migration;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import dev.tomte.authority.Authority;
import dev.tomte.bus.Connection;
import dev.tomte.bus.Tls;
import dev.tomte.contracts.Identity;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.Peer;
import dev.tomte.contracts.Request;
import dev.tomte.contracts.Topics;
import dev.tomte.contracts.rest.MoveOrder;
import dev.tomte.contracts.rest.RunOrder;
import dev.tomte.migration.journal.Broker;
import dev.tomte.migration.journal.KafkaOutbox;
import dev.tomte.migration.journal.Outbox;
import dev.tomte.migration.journal.WantedTopics;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.resource.ResourceType;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/** Kafka that is somebody else's: with users, rights and topics of others. All that its clients log is looked through. */
@Timeout(300)
class SharedKafkaTest {
    private static final String LAB = "lab.";

    @TempDir
    static Path directory;

    private static final Queue<String> LOGGED = new ConcurrentLinkedQueue<>();
    private static final AppenderBase<ILoggingEvent> LISTENER = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            IThrowableProxy failure = event.getThrowableProxy();
            LOGGED.add(event.getFormattedMessage() + (failure == null ? "" : ThrowableProxyUtil.asString(failure)));
        }
    };

    private static Authority authority;
    private static SharedBroker kafka;

    @BeforeAll
    static void start() throws Exception {
        authority = Authority.open(directory.resolve("authority"));
        kafka = new SharedBroker(
                directory.resolve("kafka"),
                authority.issue(directory, "broker", Peer.Role.BROKER),
                "tomte",
                "stranger",
                "reader",
                "loner");
        kafka.allow(
                "tomte",
                ResourceType.TOPIC,
                LAB,
                AclOperation.READ,
                AclOperation.WRITE,
                AclOperation.CREATE,
                AclOperation.DESCRIBE_CONFIGS);
        kafka.allow("tomte", ResourceType.GROUP, LAB, AclOperation.READ);
        LoggerContext loggers = (LoggerContext) LoggerFactory.getILoggerFactory();
        LISTENER.setContext(loggers);
        LISTENER.start();
        for (String name : List.of("org.apache.kafka.clients", "org.apache.kafka.common", "dev.tomte")) {
            Logger logger = loggers.getLogger(name);
            logger.setLevel(Level.TRACE);
            logger.setAdditive(false);
            logger.addAppender(LISTENER);
        }
    }

    @AfterAll
    static void end() {
        LoggerContext loggers = (LoggerContext) LoggerFactory.getILoggerFactory();
        for (String name : List.of("org.apache.kafka.clients", "org.apache.kafka.common", "dev.tomte")) {
            Logger logger = loggers.getLogger(name);
            logger.detachAppender(LISTENER);
            logger.setLevel(null);
            logger.setAdditive(true);
        }
        LISTENER.stop();
        if (kafka != null) kafka.close();
    }

    private static ConditionFactory soon() {
        return Awaitility.await().atMost(Duration.ofSeconds(150)).pollInterval(Duration.ofMillis(100));
    }

    private static List<String> ensured(Connection connection) throws Exception {
        try (Admin admin = new Broker(connection).admin()) {
            return new WantedTopics(connection).ensure(admin);
        }
    }

    private static String refused(Connection connection) {
        try {
            return "nothing was refused but " + ensured(connection);
        } catch (ExecutionException | KafkaException e) {
            return connection.explain(e);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** The client's settings are logged when it is made, its failures when they happen: the listener must have heard them. */
    private static void assertNeverLogged(String secret) {
        assertTrue(LOGGED.stream().anyMatch(line -> line.contains("SCRAM-SHA-512")), "nothing was listened to");
        assertEquals(
                List.of(), LOGGED.stream().filter(line -> line.contains(secret)).toList());
    }

    @Test
    void aReplicaWorksThereUnderItsPrefix() throws Exception {
        Connection connection = kafka.user("tomte", SharedBroker.PASSWORD, LAB);
        List<String> properties = new ArrayList<>(kafka.properties(connection));
        properties.add("logging.level.org.apache.kafka=debug");
        Identity mig = authority.issue(directory, "mig", Peer.Role.MIG);
        try (ReplicaProcess replica = new ReplicaProcess(
                "shared-1",
                directory,
                properties,
                authority.issue(directory, "shared-1", Peer.Role.MIGRATION),
                mig,
                TestBroker.freePort())) {
            try {
                soon().until(replica::isReady);
            } catch (RuntimeException e) {
                throw new IllegalStateException(replica.log(), e);
            }
            StandInAgents agents = new StandInAgents(new Broker(connection));
            Thread thread = Thread.ofPlatform().name("agents").start(agents);
            try {
                soon().until(() -> replica.get("/api/v1/hosts").size() == 3);
                JsonNode started = replica.post(
                                "/api/v1/processes", new RunOrder("count", "ws1", List.of("sh"), null, null, null))
                        .join();
                assertEquals("RUNNING", started.path("state").asString(""), started::toString);
                JsonNode placed = replica.post("/api/v1/migrations", new MoveOrder("count", "ws2", null))
                        .join();
                String id = placed.path("id").asString("none: " + placed);
                JsonNode ended = replica.get("/api/v1/migrations/" + id + "?wait=60");
                assertEquals(MoveState.SETTLED.name(), ended.path("state").asString(""), ended::toString);
            } finally {
                agents.end();
                thread.join();
            }
            assertTrue(replica.log().contains("sasl.mechanism = SCRAM-SHA-512"), replica.log());
            assertFalse(replica.log().contains(SharedBroker.PASSWORD));
        }
        Set<String> expected =
                Topics.ALL.stream().map(topic -> LAB + topic.name()).collect(Collectors.toSet());
        try (Admin owner = kafka.owner()) {
            Set<String> there = owner.listTopics().names().get();
            assertEquals(
                    expected,
                    there.stream()
                            .filter(name -> name.startsWith(LAB + "tomte."))
                            .collect(Collectors.toSet()));
            assertEquals(
                    List.of(LAB + "migration-service"),
                    owner.listGroups().all().get().stream()
                            .map(group -> group.groupId())
                            .filter(group -> group.startsWith(LAB))
                            .toList());
            for (Topics.Topic topic : Topics.ALL) {
                ConfigResource named = new ConfigResource(ConfigResource.Type.TOPIC, LAB + topic.name());
                Config made =
                        owner.describeConfigs(List.of(named)).all().get().getOrDefault(named, new Config(List.of()));
                Map<String, String> wanted = new HashMap<>(topic.settings());
                wanted.put("min.insync.replicas", "1");
                wanted.forEach((setting, value) -> assertEquals(
                        value, requireNonNull(made.get(setting), setting).value(), topic.name() + " " + setting));
            }
            owner.describeTopics(expected)
                    .allTopicNames()
                    .get()
                    .values()
                    .forEach(topic ->
                            assertEquals(Topics.PARTITIONS, topic.partitions().size(), topic.name()));
        }
        assertNeverLogged(SharedBroker.PASSWORD);
    }

    @Test
    void aWrongPasswordIsSaidAndTheRightOneTakenUp() throws Exception {
        String wrong = "a-wr0ng-password";
        Connection connection = kafka.user("tomte", wrong, "again.");
        String why = refused(connection);
        assertTrue(why.contains("does not take the user 'tomte' with this password"), why);
        assertFalse(why.contains(wrong), why);
        assertFalse(connection.toString().contains(wrong), connection.toString());
        assertNeverLogged(wrong);
        try (Admin admin = new Broker(connection).admin()) {
            assertThrows(
                    ExecutionException.class,
                    () -> admin.describeCluster().clusterId().get());
            kafka.credentials("tomte", SharedBroker.PASSWORD);
            soon().ignoreException(ExecutionException.class)
                    .until(() -> !admin.describeCluster().clusterId().get().isEmpty());
        }
        assertNeverLogged(SharedBroker.PASSWORD);
    }

    @Test
    void whatWasRefusedForItsPasswordIsWrittenWhenItIsRight() throws Exception {
        Connection connection = kafka.user("tomte", SharedBroker.PASSWORD, LAB);
        assertEquals(List.of(), ensured(connection));
        kafka.credentials("tomte", "a-wr0ng-password");
        try (KafkaOutbox outbox = new KafkaOutbox(new Broker(connection)::producer, connection.prefix())) {
            Request request = new Request.Kill("p-1", 15, "somebody", Instant.now());
            Outbox.NotWritten refused = assertThrows(Outbox.NotWritten.class, () -> outbox.ask(request));
            assertTrue(connection.explain(refused).contains("does not take the user 'tomte'"), refused::toString);
            kafka.credentials("tomte", SharedBroker.PASSWORD);
            outbox.ask(request);
        } finally {
            kafka.credentials("tomte", SharedBroker.PASSWORD);
        }
    }

    @Test
    void whoHasNoCredentialsBeginsNothing() throws Exception {
        Connection connection = kafka.user("tomte", SharedBroker.PASSWORD, LAB);
        Path credentials = connection.sasl().orElseThrow().credentials();
        Path password = credentials.resolve("password");
        Files.delete(password);
        try {
            String why = refused(connection);
            assertTrue(why.contains(password + " cannot be read"), why);
        } finally {
            kafka.credentials("tomte", SharedBroker.PASSWORD);
        }
    }

    @Test
    void anotherAuthoritysBrokerIsNotTrusted() throws Exception {
        Path other = directory.resolve("other");
        Authority.open(other);
        Path trusted = other.resolve("ca.crt");
        String why = refused(kafka.connection("reader", SharedBroker.PASSWORD, LAB, Optional.of(trusted), (short) 1));
        assertTrue(why.contains("unable to find valid certification path"), why);
        assertTrue(why.contains(trusted.toString()), why);
        String ofJava = refused(kafka.connection("reader", SharedBroker.PASSWORD, LAB, Optional.empty(), (short) 1));
        assertTrue(ofJava.contains("trusted is what Java trusts"), ofJava);
    }

    @Test
    void aCertificateIsWantedAndANewOneTakenUp() throws Exception {
        String why = refused(kafka.byCertificate(Optional.empty()));
        assertTrue(why.startsWith("TLS with ") && why.endsWith("shown is no certificate)"), why);
        Identity old = new Identity(directory.resolve("renewed"));
        Peer peer = new Peer("broker", Peer.Role.BROKER);
        Authority.open(directory.resolve("strange")).issue(old, peer, List.of("broker"), Duration.ofHours(1));
        Connection connection = kafka.byCertificate(Optional.of(new Tls.Shown(old.certificate(), old.key())));
        try (Admin admin = new Broker(connection).admin()) {
            ExecutionException refused = assertThrows(
                    ExecutionException.class,
                    () -> admin.describeCluster().clusterId().get());
            assertTrue(connection.explain(refused).startsWith("TLS with "), connection.explain(refused));
            authority.issue(old, peer, List.of("broker"), Duration.ofHours(1));
            soon().ignoreException(ExecutionException.class)
                    .until(() -> !admin.describeCluster().clusterId().get().isEmpty());
        }
    }

    @Test
    void whoMayDoNothingIsToldWhatIsNeeded() throws Exception {
        List<String> wrong = ensured(kafka.user("stranger", SharedBroker.PASSWORD, "none."));
        assertEquals(Topics.ALL.size(), wrong.size(), wrong::toString);
        for (String line : wrong)
            assertTrue(
                    line.startsWith("topic none.tomte.")
                            && line.contains("not for the user 'stranger'")
                            && line.contains("Read, Write and DescribeConfigs"),
                    line);
    }

    @Test
    void whoMayNotMakeTopicsIsToldHowTheyAreMade() throws Exception {
        kafka.allow("reader", ResourceType.TOPIC, "made.", AclOperation.READ);
        Connection connection = kafka.user("reader", SharedBroker.PASSWORD, "made.");
        List<String> wrong = ensured(connection);
        assertEquals(Topics.ALL.size(), wrong.size(), wrong::toString);
        assertTrue(
                wrong.contains(
                        "topic made.tomte.migrations is not there, and the user 'reader' lacks the operation Create on"
                                + " it; or make it: 8 partitions, cleanup.policy=compact segment.bytes=16777216"),
                wrong::toString);
        kafka.make(Topics.ALL.stream()
                .map(topic ->
                        new NewTopic("made." + topic.name(), topic.partitions(), (short) 1).configs(topic.settings()))
                .toList());
        wrong = ensured(connection);
        assertTrue(
                wrong.contains(
                        "topic made.tomte.migrations: the user 'reader' lacks the operation DescribeConfigs on it"),
                wrong::toString);
        assertTrue(
                wrong.contains("topic made.tomte.migrations: the user 'reader' lacks the operation Write on it"),
                wrong::toString);
        assertEquals(2 * Topics.ALL.size(), wrong.size(), wrong::toString);
        kafka.allow("reader", ResourceType.TOPIC, "made.", AclOperation.WRITE, AclOperation.DESCRIBE_CONFIGS);
        assertEquals(List.of(), ensured(connection));
    }

    @Test
    void topicsThatAreWrongAreNamedWithWhatIsWanted() throws Exception {
        kafka.make(List.of(
                new NewTopic("lab.odd." + Topics.PROCESSES, 3, (short) 1)
                        .configs(Map.of("cleanup.policy", "compact,delete", "segment.bytes", "1048576")),
                new NewTopic("lab.odd." + Topics.COMMANDS, Topics.PARTITIONS, (short) 1)
                        .configs(Map.of("retention.ms", "1000", "segment.bytes", "16777216")),
                new NewTopic("lab.odd." + Topics.OUTCOMES, Topics.PARTITIONS, (short) 1)
                        .configs(Map.of("retention.ms", "-1"))));
        List<String> wrong = ensured(kafka.user("tomte", SharedBroker.PASSWORD, "lab.odd."));
        assertEquals(
                Set.of(
                        "topic lab.odd.tomte.processes has 3 partitions, and must have 8: delete it, or take another"
                                + " prefix",
                        "topic lab.odd.tomte.processes has cleanup.policy=compact,delete, and must have compact",
                        "topic lab.odd.tomte.commands has retention.ms=1000, and must have 86400000 or more",
                        "topic lab.odd.tomte.outcomes has segment.bytes=1073741824, and must have 134217728 or less"),
                Set.copyOf(wrong));
    }

    @Test
    void topicsOfAnOlderVersionAreMended() throws Exception {
        kafka.allow("tomte", ResourceType.TOPIC, "lab.older.", AclOperation.ALTER_CONFIGS);
        ConfigResource journal = new ConfigResource(ConfigResource.Type.TOPIC, "lab.older." + Topics.MIGRATIONS);
        kafka.make(List.of(
                new NewTopic(journal.name(), Topics.PARTITIONS, (short) 1).configs(Map.of("cleanup.policy", "compact")),
                new NewTopic("lab.older." + Topics.COMMANDS, Topics.PARTITIONS, (short) 1)
                        .configs(Map.of("retention.ms", "1000"))));
        assertEquals(List.of(), ensured(kafka.user("tomte", SharedBroker.PASSWORD, "lab.older.")));
        try (Admin owner = kafka.owner()) {
            // the controller has the new settings; the broker hears of them a moment later
            soon().until(() -> settings(owner, journal).equals(List.of("compact", "16777216")));
        }
    }

    private static List<@Nullable String> settings(Admin owner, ConfigResource topic) throws Exception {
        Config config =
                requireNonNull(owner.describeConfigs(List.of(topic)).all().get().get(topic));
        return Stream.of("cleanup.policy", "segment.bytes")
                .<@Nullable String>map(
                        setting -> requireNonNull(config.get(setting)).value())
                .toList();
    }

    @Test
    void moreCopiesThanBrokersCannotBeMade() throws Exception {
        List<String> wrong = ensured(kafka.connection(
                "tomte", SharedBroker.PASSWORD, "lab.many.", Optional.of(directory.resolve("broker/ca.crt")), (short)
                        3));
        assertEquals(Topics.ALL.size(), wrong.size(), wrong::toString);
        assertTrue(wrong.getFirst()
                .startsWith("topic lab.many.tomte.availability cannot be made with 3 copies, cleanup.policy=compact"));
    }

    @Test
    void whoMayNotJoinTheGroupIsTold() throws Exception {
        kafka.allow(
                "loner",
                ResourceType.TOPIC,
                "alone.",
                AclOperation.READ,
                AclOperation.WRITE,
                AclOperation.CREATE,
                AclOperation.DESCRIBE_CONFIGS);
        Connection connection = kafka.user("loner", SharedBroker.PASSWORD, "alone.");
        assertEquals(List.of(), ensured(connection));
        Broker broker = new Broker(connection);
        try (Consumer<String, String> member = broker.member()) {
            member.subscribe(List.of(broker.topic(Topics.REQUESTS)));
            GroupAuthorizationException refused = assertThrows(GroupAuthorizationException.class, () -> {
                while (true) member.poll(Duration.ofMillis(100));
            });
            assertEquals(
                    "the user 'loner' may not use the group alone.migration-service: it needs the operation Read on it",
                    connection.explain(refused));
        }
    }
}

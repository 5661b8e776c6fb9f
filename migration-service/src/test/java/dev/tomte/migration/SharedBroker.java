package dev.tomte.migration;

import dev.tomte.bus.Connection;
import dev.tomte.bus.Prefix;
import dev.tomte.bus.Sasl;
import dev.tomte.bus.Tls;
import dev.tomte.contracts.Identity;
import dev.tomte.migration.journal.Broker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.awaitility.Awaitility;

/**
 * A real broker as others run theirs: users with passwords (SCRAM) over TLS, and who is not allowed something may not do
 * it. Its owner comes by a certificate.
 */
final class SharedBroker implements AutoCloseable {
    static final String PASSWORD = "s3cret/Of+All=Users";

    private final TestBroker broker;
    private final Path directory;
    private final Identity identity;
    private final int port;

    SharedBroker(Path directory, Identity identity, String... users) throws Exception {
        this(directory, identity, TestBroker.freePort(), TestBroker.freePort(), TestBroker.freePort(), users);
    }

    /** @param port for users; the others are its owner's and its controller's */
    SharedBroker(Path directory, Identity identity, int port, int owners, int controllers, String... users)
            throws Exception {
        this.directory = directory;
        this.identity = identity;
        this.port = port;
        List<String> scram = new ArrayList<>();
        for (String user : users) scram.add("SCRAM-SHA-512=[name=\"%s\",password=\"%s\"]".formatted(user, PASSWORD));
        broker = new TestBroker(
                directory.resolve("data"),
                identity,
                owners,
                controllers,
                Map.of(
                        "listeners",
                        "USERS://127.0.0.1:%d,SSL://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d"
                                .formatted(port, owners, controllers),
                        "advertised.listeners",
                        "USERS://127.0.0.1:%d,SSL://127.0.0.1:%d".formatted(port, owners),
                        "listener.security.protocol.map",
                        "USERS:SASL_SSL,SSL:SSL,CONTROLLER:PLAINTEXT",
                        "listener.name.users.ssl.client.auth",
                        "none",
                        "listener.name.users.sasl.enabled.mechanisms",
                        "SCRAM-SHA-512",
                        "listener.name.users.scram-sha-512.sasl.jaas.config",
                        "org.apache.kafka.common.security.scram.ScramLoginModule required;",
                        "authorizer.class.name",
                        "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                        "ssl.principal.mapping.rules",
                        "RULE:^.*CN=([^,]+).*$/$1/",
                        // the controller's listener is this JVM's own
                        "super.users",
                        "User:ANONYMOUS;User:broker"),
                scram);
    }

    /** As a user who shares it. */
    Connection user(String name, String password, String prefix) throws IOException {
        return connection(name, password, prefix, Optional.of(identity.authority()), (short) 1);
    }

    Connection connection(String name, String password, String prefix, Optional<Path> authority, short replication)
            throws IOException {
        return new Connection(
                "127.0.0.1:" + port,
                Tls.of(authority, Optional.empty()),
                Optional.of(new Sasl(Sasl.Mechanism.SCRAM_SHA_512, credentials(name, password))),
                new Prefix(prefix),
                replication);
    }

    /** A directory with these, as a Secret is mounted. */
    Path credentials(String name, String password) throws IOException {
        Path credentials = Files.createDirectories(directory.resolve("credentials-" + name));
        Files.writeString(credentials.resolve("username"), name);
        Files.writeString(credentials.resolve("password"), password + "\n");
        return credentials;
    }

    /** What a replica there is told. */
    List<String> properties(Connection connection) {
        Sasl sasl = connection.sasl().orElseThrow();
        return List.of(
                "tomte.kafka.servers=" + connection.servers(),
                "tomte.kafka.security=tls",
                "tomte.kafka.tls.authority=" + identity.authority(),
                "tomte.kafka.sasl.mechanism=SCRAM-SHA-512",
                "tomte.kafka.sasl.credentials=" + sasl.credentials(),
                "tomte.kafka.prefix=" + connection.prefix().value());
    }

    /** Where the owner comes, who must show a certificate. */
    Connection byCertificate(Optional<Tls.Shown> shown) {
        return new Connection(
                broker.servers(),
                Tls.of(Optional.of(identity.authority()), shown),
                Optional.empty(),
                new Prefix("lab."),
                (short) 1);
    }

    Admin owner() {
        return new Broker(Connection.own(broker.servers(), identity)).admin();
    }

    void allow(String user, ResourceType type, String prefix, AclOperation... operations)
            throws ExecutionException, InterruptedException {
        List<AclBinding> bindings = new ArrayList<>();
        for (AclOperation operation : operations)
            bindings.add(new AclBinding(
                    new ResourcePattern(type, prefix, PatternType.PREFIXED),
                    new AccessControlEntry("User:" + user, "*", operation, AclPermissionType.ALLOW)));
        try (Admin owner = owner()) {
            owner.createAcls(bindings).all().get();
            // the controller has them; the broker hears of them a moment later
            Awaitility.await()
                    .until(() -> owner.describeAcls(AclBindingFilter.ANY)
                            .values()
                            .get()
                            .containsAll(bindings));
        }
    }

    /** As its owner makes them. */
    void make(List<NewTopic> topics) throws ExecutionException, InterruptedException {
        List<String> names = topics.stream().map(NewTopic::name).toList();
        try (Admin owner = owner()) {
            owner.createTopics(topics).all().get();
            // as with rights; and what it does not know yet it says with an exception
            Awaitility.await()
                    .ignoreException(ExecutionException.class)
                    .until(() ->
                            owner.describeTopics(names).allTopicNames().get().size() == names.size());
        }
    }

    @Override
    public void close() {
        broker.close();
    }
}

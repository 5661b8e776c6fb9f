package dev.tomte.acceptance.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.acceptance.Shell;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the chart becomes, by helm alone: with its own broker, and with a Kafka that is there. */
@Order(1)
@Timeout(300)
@OnCluster
class ChartTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Path CHART = Path.of("..").toAbsolutePath().normalize().resolve("helm/tomte");

    private static final String[] EXISTING = {
        "kafka.bootstrapServers=a.example:9094\\,b.example:9094",
        "kafka.topicPrefix=lab.",
        "kafka.sasl.mechanism=SCRAM-SHA-512",
        "kafka.sasl.secret.name=kafka-user",
        "kafka.sasl.secret.passwordKey=pass",
        "kafka.tls.ca.configMap=kafka-ca"
    };

    private static Shell.Result helm(String verb, String... settings) {
        List<String> all = new ArrayList<>(List.of("cluster", "helm", verb));
        if (verb.equals("template")) all.add("tomte");
        // helm that has asked no cluster takes it for a very old one
        all.addAll(List.of("--kube-version", "1.35.0"));
        all.addAll(List.of(CHART.toString(), "--namespace", "ns"));
        for (String setting : settings) all.addAll(List.of("--set", setting));
        return Cluster.tomte(LIMIT, all.toArray(String[]::new));
    }

    private static String rendered(String... settings) {
        return helm("template", settings).expect(0).out();
    }

    private static void assertHas(String rendered, String... parts) {
        for (String part : parts) assertTrue(rendered.contains(part), () -> part + " is not in\n" + rendered);
    }

    @Test
    void bothShapesAreWellFormed() {
        helm("lint").expect(0);
        helm("lint", EXISTING).expect(0);
    }

    @Test
    void byDefaultTheBrokerIsItsOwn() {
        assertHas(
                rendered(),
                "kind: StatefulSet",
                "- {name: TOMTE_KAFKA_SERVERS, value: \"tomte-broker.ns.svc:9093\"}",
                "tomte.kafka.servers=tomte-broker.ns.svc:9093",
                "args: [ns, /memory/founding, broker]");
        assertFalse(rendered().contains("/kafka/"));
        assertFalse(rendered().contains("TOMTE_KAFKA_SECURITY"));
    }

    @Test
    void withAnExistingKafkaThereIsNoBroker() {
        String rendered = rendered(EXISTING);
        assertFalse(rendered.contains("StatefulSet"));
        assertFalse(rendered.contains("name: tomte-broker"));
        assertFalse(rendered.contains("volumeClaimTemplates"));
        assertHas(
                rendered,
                "args: [ns, /memory/founding]",
                "resourceNames: [tomte-authority, tomte-migration, tomte-mig, tomte-monitor, tomte-trust]",
                "- {name: TOMTE_KAFKA_SERVERS, value: \"a.example:9094,b.example:9094\"}",
                "- {name: TOMTE_KAFKA_PREFIX, value: \"lab.\"}",
                "- {name: TOMTE_KAFKA_REPLICATION, value: \"3\"}",
                "- {name: TOMTE_KAFKA_SASL_CREDENTIALS, value: \"/kafka/credentials\"}",
                "tomte.kafka.servers=a.example:9094,b.example:9094",
                "tomte.kafka.prefix=lab.",
                "tomte.kafka.security=tls",
                "tomte.kafka.tls.authority=/kafka/ca/ca.crt",
                "tomte.kafka.sasl.mechanism=SCRAM-SHA-512");
        for (String once : List.of(
                "- {name: kafka-credentials, mountPath: /kafka/credentials, readOnly: true}",
                "secretName: \"kafka-user\"",
                "- {key: \"pass\", path: password}",
                "- {key: \"username\", path: username}",
                "name: \"kafka-ca\"")) assertEquals(3, rendered.split(Pattern.quote(once), -1).length, once);
    }

    @Test
    void aClientCertificateCanSayWhoItIs() {
        String rendered = rendered(
                "kafka.bootstrapServers=a.example:9094",
                "kafka.topicPrefix=lab.",
                "kafka.tls.ca.secret=kafka-ca",
                "kafka.tls.ca.key=root.pem",
                "kafka.tls.clientCertificate.secret=kafka-client");
        assertHas(
                rendered,
                "secretName: \"kafka-client\"",
                "secretName: \"kafka-ca\"",
                "- {key: \"root.pem\", path: ca.crt}",
                "tomte.kafka.tls.certificate=/kafka/certificate/tls.crt",
                "- {name: TOMTE_KAFKA_TLS_KEY, value: \"/kafka/certificate/tls.key\"}");
        assertFalse(rendered.contains("sasl"));
    }

    @Test
    void theIdleDetectorIsApartAndMayOnlyWhatItsProfileNeeds() {
        String server = container(rendered(), "idle");
        assertHas(
                server,
                "command: [java, \"@/opt/tomte/jvm.options\", dev.tomte.idle.beside.DetectorMain]",
                "capabilities: {drop: [ALL]}",
                "readOnlyRootFilesystem: true",
                "- {name: cgroup, mountPath: /sys/fs/cgroup, readOnly: true, recursiveReadOnly: IfPossible}",
                "- {name: nothing, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}");
        for (String more : List.of("privileged", "/host/", "/token", "/run/tomte", "/config", "/var/lib/tomte"))
            assertFalse(server.contains(more), () -> more + " is in\n" + server);
        String workstation = container(rendered("node.profile=workstation"), "idle");
        assertHas(
                workstation,
                "privileged: true",
                "- {name: devices, mountPath: /host/dev, readOnly: true, recursiveReadOnly: IfPossible}");
        assertHas(rendered(), "tomte.detector=/sockets/idle/agent");
    }

    @Test
    void anImageMayHaveATagOfItsOwn() {
        String rendered = rendered("images.tag=v2", "images.tags.node=v2-abc");
        assertHas(rendered, "image: localhost/tomte/node:v2-abc\n", "image: localhost/tomte/migration:v2\n");
        assertFalse(rendered.contains("localhost/tomte/node:v2\n"));
        rendered = rendered("images.tags.stub=v2-def");
        for (String of : List.of("tomte.stub.image=", "TOMTE_CLUSTER_STUBIMAGE, value: ", "c.image == '"))
            assertHas(rendered, of + "localhost/tomte/stub:v2-def");
    }

    @Test
    void theStubIsMountedUnlessTheClusterCannot() {
        assertHas(rendered(), "- {name: TOMTE_CLUSTER_STUBDELIVERY, value: imageVolume}");
        assertHas(
                rendered("stub.delivery=initContainer"), "- {name: TOMTE_CLUSTER_STUBDELIVERY, value: initContainer}");
    }

    /** What is said of one container. */
    private static String container(String rendered, String name) {
        int begin = rendered.indexOf("\n      - name: " + name + "\n");
        assertTrue(begin >= 0, () -> "no container " + name + " in\n" + rendered);
        int next = rendered.indexOf("\n      - name: ", begin + 1);
        int volumes = rendered.indexOf("\n      volumes:", begin);
        return rendered.substring(begin, next < 0 ? volumes : Math.min(next, volumes));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "kafka.topicPrefix=lab. | kafka.topicPrefix: this is for an existing Kafka",
                "kafka.sasl.mechanism=PLAIN kafka.tls.ca.secret=a"
                        + " | kafka.sasl.mechanism, kafka.tls.ca.secret: this is for an existing Kafka",
                "kafka.bootstrapServers=a:1 | kafka.topicPrefix is needed",
                "kafka.bootstrapServers=a:1 kafka.topicPrefix=l. kafka.sasl.mechanism=PLAIN"
                        + " | kafka.sasl.secret.name must name the Secret",
                "kafka.bootstrapServers=a:1 kafka.topicPrefix=l. kafka.sasl.secret.name=s"
                        + " | kafka.sasl.mechanism is not",
                "kafka.bootstrapServers=a:1 kafka.topicPrefix=l. kafka.tls.ca.secret=a kafka.tls.ca.configMap=b"
                        + " | are both set",
                "kafka.bootstrapServers=a | kafka/bootstrapServers",
                "kafka.topicPrefix=a/b | kafka/topicPrefix",
                "kafka.sasl.mechanism=GSSAPI | kafka/sasl/mechanism",
                "kafka.replicationFactor=0 | kafka/replicationFactor",
                "kafka.sasl.password=x | additional properties 'password' not allowed",
                "kafka.tls.enabled=false | additional properties 'enabled' not allowed",
                "node.properties.tomte\\.kafka\\.prefix=x | kafka.* instead",
                "images.tags.debian=1 | additional properties 'debian' not allowed",
                "node.idle.heap=24 | node/idle/heap",
                "stub.delivery=download | stub/delivery"
            })
    void whatContradictsItselfIsRefusedWithItsName(String settings, String words) {
        Shell.Result refused = helm("template", settings.split(" "));
        assertNotEquals(0, refused.status());
        assertTrue(refused.err().contains(words), refused::err);
    }
}

package dev.tomte.acceptance.cluster;

import static dev.tomte.acceptance.cluster.Lab.COUNT;
import static dev.tomte.acceptance.cluster.Lab.LIMIT;
import static dev.tomte.acceptance.cluster.Lab.assertEachNumberOnce;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.authority.Authority;
import dev.tomte.contracts.Identity;
import dev.tomte.contracts.Peer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** The release goes over to a Kafka of another namespace, which wants a password over TLS, and back. */
@Order(2)
@Timeout(1200)
@OnCluster
@EnabledIfSystemProperty(
        named = "tomte.long",
        matches = "true",
        disabledReason = "takes minutes: ./tomte check --cluster --long")
class ExistingKafkaTest {
    private static final String NAMESPACE = "kafka";
    private static final String PASSWORD = "n0t-in-any-log";

    private static final String BROKER = """
            apiVersion: v1
            kind: Namespace
            metadata: {name: kafka, labels: {pod-security.kubernetes.io/enforce: restricted}}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: kafka, namespace: kafka}
            spec:
              selector: {app: kafka}
              ports: [{port: 9093}]
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: kafka, namespace: kafka}
            stringData:
              broker.properties: |
                process.roles=broker,controller
                node.id=1
                controller.quorum.voters=1@localhost:9094
                listeners=SASL_SSL://:9093,CONTROLLER://localhost:9094
                advertised.listeners=SASL_SSL://kafka.kafka.svc:9093
                listener.security.protocol.map=SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
                controller.listener.names=CONTROLLER
                inter.broker.listener.name=SASL_SSL
                sasl.enabled.mechanisms=PLAIN
                sasl.mechanism.inter.broker.protocol=PLAIN
                listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="kafka" password="its-own" user_kafka="its-own" user_tomte="PASSWORD";
                ssl.keystore.type=PEM
                ssl.keystore.location=/certificates/host.pem
                ssl.truststore.type=PEM
                ssl.truststore.location=/certificates/ca.crt
                log.dirs=/data/topics
                auto.create.topics.enable=false
                offsets.topic.replication.factor=1
                offsets.topic.num.partitions=4
                log.cleaner.dedupe.buffer.size=2097152
                group.initial.rebalance.delay.ms=0
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: kafka, namespace: kafka, labels: {app: kafka}}
            spec:
              securityContext:
                runAsNonRoot: true
                runAsUser: 65532
                runAsGroup: 65532
                fsGroup: 65532
                seccompProfile: {type: RuntimeDefault}
              containers:
              - name: broker
                image: IMAGE
                args: [/config/broker.properties]
                env: [{name: JAVA_TOOL_OPTIONS, value: -Xmx256m}]
                securityContext:
                  allowPrivilegeEscalation: false
                  readOnlyRootFilesystem: true
                  capabilities: {drop: [ALL]}
                readinessProbe: {tcpSocket: {port: 9093}, periodSeconds: 2}
                volumeMounts:
                - {name: config, mountPath: /config}
                - {name: certificates, mountPath: /certificates}
                - {name: data, mountPath: /data}
                - {name: tmp, mountPath: /tmp}
              volumes:
              - {name: config, secret: {secretName: kafka}}
              - {name: certificates, secret: {secretName: certificates}}
              - {name: data, emptyDir: {}}
              - {name: tmp, emptyDir: {}}
            """;

    private static void make(String what, String... arguments) {
        List<String> all = new ArrayList<>(List.of("create"));
        all.addAll(List.of(what.split(" ")));
        all.addAll(List.of(arguments));
        Cluster.kubectl(all.toArray(String[]::new));
    }

    private static void deploy(Lab lab, Path directory) throws IOException {
        Authority authority = Authority.open(directory.resolve("authority"));
        Identity identity = new Identity(directory.resolve("kafka"));
        authority.issue(identity, new Peer("kafka", Peer.Role.BROKER), List.of("kafka.kafka.svc"), Duration.ofDays(1));
        String image = Cluster.kubectl(
                "-n",
                Cluster.RELEASE,
                "get",
                "statefulset/tomte-broker",
                "-o",
                "jsonpath={.spec.template.spec.containers[0].image}");
        lab.apply(BROKER.replace("IMAGE", image).replace("PASSWORD", PASSWORD));
        make(
                "secret generic certificates -n kafka",
                "--from-file=" + identity.directory().resolve("host.pem"),
                "--from-file=" + identity.authority());
        Path password = directory.resolve("password");
        Files.writeString(password, PASSWORD + "\n");
        make(
                "secret generic kafka-user --from-literal=username=tomte -n " + Cluster.RELEASE,
                "--from-file=secret=" + password);
        make("configmap kafka-ca -n " + Cluster.RELEASE, "--from-file=" + identity.authority());
        Cluster.kubectl("-n", NAMESPACE, "wait", "--for=condition=Ready", "pod/kafka", "--timeout=120s");
    }

    private static void remove() {
        Cluster.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait");
        Cluster.kubectl(
                "-n", Cluster.RELEASE, "delete", "secret/kafka-user", "configmap/kafka-ca", "--ignore-not-found");
    }

    private static void awaitMoved(Lab lab, String pod, String target) {
        await(pod + " moves to " + target)
                .atMost(LIMIT)
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> lab.moveTried(pod, target).status() == 0);
    }

    private static boolean hasOwnBroker() {
        return !Cluster.kubectl(
                        "-n", Cluster.RELEASE, "get", "statefulset/tomte-broker", "--ignore-not-found", "-o", "name")
                .isEmpty();
    }

    @Test
    void aReleaseGoesOverToAnExistingKafkaAndBackAndNoProcessNoticesIt(@TempDir Path directory) throws IOException {
        try (Cluster cluster = Cluster.up(directory);
                Lab lab = Lab.made(cluster, directory)) {
            remove();
            lab.pod("kept", COUNT);
            lab.awaitAtHome("kept");
            lab.move("kept", "n2");
            deploy(lab, directory);
            try {
                Cluster.upgrade(
                        "--set", "kafka.bootstrapServers=kafka.kafka.svc:9093",
                        "--set", "kafka.topicPrefix=lab.",
                        "--set", "kafka.replicationFactor=1",
                        "--set", "kafka.sasl.mechanism=PLAIN",
                        "--set", "kafka.sasl.secret.name=kafka-user",
                        "--set", "kafka.sasl.secret.passwordKey=secret",
                        "--set", "kafka.tls.ca.configMap=kafka-ca");
                assertFalse(hasOwnBroker());
                awaitMoved(lab, "kept", "n3");
                lab.awaitMore("kept");
                assertTrue(Cluster.helm("test", Cluster.RELEASE).contains("Succeeded"));
                for (String what : List.of("deployment/tomte-migration", "daemonset/tomte-node"))
                    assertFalse(Cluster.kubectl("-n", Cluster.RELEASE, "logs", what, "--all-pods", "--tail=-1")
                            .contains(PASSWORD));
            } finally {
                Cluster.upgrade();
                remove();
            }
            assertTrue(hasOwnBroker());
            awaitMoved(lab, "kept", "home");
            lab.awaitMore("kept");
            assertEachNumberOnce(lab.logs("kept"));
            assertEquals("0", lab.get("pod/kept", ".status.containerStatuses[0].restartCount"));
        }
    }
}

package dev.tomte.fleet;

import dev.tomte.contracts.Identity;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/** What each service is told of the fleet it is part of: the content of its file of properties. */
final class Settings {
    private final Layout layout;

    Settings(Layout layout) {
        this.layout = layout;
    }

    String bootstrap() {
        return layout.bridgeAddress() + ":" + layout.brokerPort();
    }

    Map<String, String> broker() {
        Identity identity = layout.identity("broker");
        String here = layout.bridgeAddress();
        Map<String, String> all = new TreeMap<>();
        all.put("process.roles", "broker,controller");
        all.put("node.id", "1");
        all.put("controller.quorum.voters", "1@%s:%d".formatted(here, layout.controllerPort()));
        all.put(
                "listeners",
                "SSL://%s:%d,CONTROLLER://%s:%d".formatted(here, layout.brokerPort(), here, layout.controllerPort()));
        all.put("advertised.listeners", "SSL://" + bootstrap());
        all.put("listener.security.protocol.map", "SSL:SSL,CONTROLLER:SSL");
        all.put("controller.listener.names", "CONTROLLER");
        all.put("inter.broker.listener.name", "SSL");
        all.put("ssl.client.auth", "required");
        all.put("ssl.keystore.type", "PEM");
        all.put(
                "ssl.keystore.location",
                identity.directory().resolve("host.pem").toString());
        all.put("ssl.truststore.type", "PEM");
        all.put("ssl.truststore.location", identity.authority().toString());
        all.put("ssl.enabled.protocols", "TLSv1.3");
        all.put("log.dirs", layout.kafka().toString());
        all.put("auto.create.topics.enable", "false");
        all.put("num.network.threads", "2");
        all.put("num.io.threads", "2");
        all.put("background.threads", "2");
        all.put("group.initial.rebalance.delay.ms", "0");
        all.put("offsets.topic.num.partitions", "4");
        all.put("offsets.topic.replication.factor", "1");
        all.put("transaction.state.log.num.partitions", "2");
        all.put("transaction.state.log.replication.factor", "1");
        all.put("transaction.state.log.min.isr", "1");
        all.put("share.coordinator.state.topic.num.partitions", "1");
        all.put("share.coordinator.state.topic.replication.factor", "1");
        all.put("share.coordinator.state.topic.min.isr", "1");
        // what is said is small: small segments and indexes, and a cleaner that does not ask for 128 MiB
        all.put("log.segment.bytes", "16777216");
        all.put("log.index.size.max.bytes", "262144");
        all.put("log.cleaner.dedupe.buffer.size", "2097152");
        all.put("log.cleaner.io.buffer.size", "65536");
        all.put("socket.request.max.bytes", "4194304");
        return all;
    }

    Map<String, String> migration(int replica) throws IOException {
        String name = Fleet.replica(replica);
        Map<String, String> all = new TreeMap<>();
        all.put("tomte.name", name);
        all.put("tomte.address", "127.0.0.1");
        all.put("tomte.port", Integer.toString(layout.restPort(replica)));
        all.put("tomte.metrics.address", layout.bridgeAddress());
        all.put("tomte.metrics.port", Integer.toString(layout.metricsPort(replica)));
        all.put("tomte.kafka.servers", bootstrap());
        all.put("tomte.certificates", layout.identity(name).directory().toString());
        override(all, "migration");
        return all;
    }

    Map<String, String> host(String host, int index) throws IOException {
        Map<String, String> all = new TreeMap<>();
        all.put("tomte.host", host);
        all.put("tomte.fleet", layout.name());
        all.put("tomte.address", layout.hostAddress(index));
        all.put("tomte.root", layout.root(host).toString());
        all.put("tomte.run", layout.run().resolve(host).toString());
        all.put("tomte.state", layout.host(host).resolve("state").toString());
        all.put("tomte.tools", layout.tools().toString());
        all.put("tomte.cgroup", layout.cgroup() + "/" + host);
        all.put("tomte.owner", "tomte");
        all.put(
                "tomte.owner.played",
                layout.run().resolve(host).resolve("owner").toString());
        all.put("tomte.metrics.port", Integer.toString(layout.metricsPort()));
        all.put("tomte.kafka.servers", bootstrap());
        all.put("tomte.certificates", layout.identity(host).directory().toString());
        override(all, "hosts");
        override(all, host);
        return all;
    }

    /** What {@code overrides/NAME.properties} says counts more than what is said here. */
    private void override(Map<String, String> all, String name) throws IOException {
        Path overrides = layout.state().resolve("overrides").resolve(name + ".properties");
        if (!Files.exists(overrides)) return;
        Properties said = new Properties();
        try (Reader in = Files.newBufferedReader(overrides, StandardCharsets.UTF_8)) {
            said.load(in);
        }
        said.stringPropertyNames().forEach(key -> all.put(key, said.getProperty(key)));
    }

    /** Variables as env(1) takes them, from {@code overrides/HOST.environment}: a line each. Only tests write it. */
    List<String> environment(String host) throws IOException {
        Path file = layout.state().resolve("overrides").resolve(host + ".environment");
        return Files.exists(file) ? Files.readAllLines(file, StandardCharsets.UTF_8) : List.of();
    }

    /** For {@code mig}, and for whoever speaks REST. */
    Map<String, String> client(int replicas) {
        StringBuilder endpoints = new StringBuilder();
        for (int i = 0; i < replicas; i++) {
            if (i > 0) endpoints.append(',');
            endpoints.append("https://127.0.0.1:").append(layout.restPort(i));
        }
        Map<String, String> all = new TreeMap<>();
        all.put("endpoints", endpoints.toString());
        all.put("certificates", layout.identity("mig").directory().toString());
        return all;
    }
}

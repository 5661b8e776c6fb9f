package dev.tomte.agent;

import dev.tomte.agent.kubernetes.NodeIdentity;
import dev.tomte.bus.Connection;
import dev.tomte.contracts.Identity;
import dev.tomte.contracts.Names;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a host's JVM is told, as a properties file, in which <code>${NAME}</code> is of its environment. It must run in the host's network namespace and see this machine's
 * cgroup v2 hierarchy (so not by {@code ip netns exec}, which hides /sys; {@code nsenter --net=...} is right).
 *
 * @param host {@code tomte.host}, its name
 * @param fleet {@code tomte.fleet}
 * @param address {@code tomte.address}, an IP address, where the other hosts reach it
 * @param agentPort {@code tomte.agent.port}, 7001
 * @param originPort {@code tomte.origin.port}, 7002
 * @param imagesPort {@code tomte.images.port}, 7003
 * @param metricsPort {@code tomte.metrics.port}, where it says what it measures; 0, the default: nowhere
 * @param root {@code tomte.root}, its root file system, mounted
 * @param run {@code tomte.run}, a directory of its own on a tmpfs
 * @param state {@code tomte.state}, a directory of its own on a disk
 * @param tools {@code tomte.tools}, the directory with stub, enter and criu
 * @param identity {@code tomte.certificates}, the directory with its certificate
 * @param kafka {@code tomte.kafka.*}, how the brokers are reached
 * @param cgroup {@code tomte.cgroup}, below the v2 hierarchy; tomte/FLEET/HOST
 * @param memory {@code tomte.memory}, bytes that guests may have in all; 0, the default: what the machine has, less 512 MiB
 * @param sharing with whom it shares, and when it is idle
 * @param driver {@code tomte.driver}, fleet, which is the default, or kubernetes: who makes its pods
 * @param enrolment {@code tomte.enrolment.url}, {@code tomte.enrolment.authority}, {@code tomte.enrolment.token}: where
 *     its certificate is from, if it is not there from the start
 * @param stubImage {@code tomte.stub.image}, where the driver is kubernetes: the image that holds the stub
 * @param cpuWithout {@code tomte.cpu.without}, CPU features that it shall not have, with blanks between; none
 */
public record HostConfig(
        String host,
        String fleet,
        String address,
        int agentPort,
        int originPort,
        int imagesPort,
        int metricsPort,
        Path root,
        Path run,
        Path state,
        Path tools,
        Identity identity,
        Connection kafka,
        String cgroup,
        long memory,
        SharingConfig sharing,
        Driver driver,
        String stubImage,
        Optional<NodeIdentity.Asking> enrolment,
        Set<String> cpuWithout) {
    private static final Pattern ENVIRONMENT = Pattern.compile("\\$\\{([A-Z_]+)}");

    /** Who makes pods. */
    public enum Driver {
        FLEET,
        KUBERNETES;

        static Driver of(String word) {
            for (Driver driver : values())
                if (driver.name().toLowerCase(Locale.ROOT).equals(word)) return driver;
            throw new IllegalArgumentException("tomte.driver is '" + word + "': fleet or kubernetes");
        }
    }

    public HostConfig {
        Names.label("host", host);
        cpuWithout = Set.copyOf(cpuWithout);
    }

    /** @throws IOException if the file cannot be read or lacks something; the message names it */
    public static HostConfig read(Path file) throws IOException {
        Properties all = new Properties();
        try (InputStream in = Files.newInputStream(file)) {
            all.load(in);
        }
        all.replaceAll((name, value) -> ENVIRONMENT
                .matcher((String) value)
                .replaceAll(found ->
                        Matcher.quoteReplacement(Objects.requireNonNullElse(System.getenv(found.group(1)), ""))));
        String host = need(all, file, "tomte.host");
        String fleet = need(all, file, "tomte.fleet");
        Identity identity = new Identity(Path.of(need(all, file, "tomte.certificates")));
        return new HostConfig(
                host,
                fleet,
                need(all, file, "tomte.address"),
                Integer.parseInt(all.getProperty("tomte.agent.port", "7001")),
                Integer.parseInt(all.getProperty("tomte.origin.port", "7002")),
                Integer.parseInt(all.getProperty("tomte.images.port", "7003")),
                Integer.parseInt(all.getProperty("tomte.metrics.port", "0")),
                Path.of(need(all, file, "tomte.root")),
                Path.of(need(all, file, "tomte.run")),
                Path.of(need(all, file, "tomte.state")),
                Path.of(need(all, file, "tomte.tools")),
                identity,
                Connection.of(all::getProperty, identity),
                all.getProperty("tomte.cgroup", "tomte/" + fleet + "/" + host),
                Long.parseLong(all.getProperty("tomte.memory", "0")),
                SharingConfig.of(all),
                Driver.of(all.getProperty("tomte.driver", "fleet")),
                all.getProperty("tomte.stub.image", ""),
                Optional.ofNullable(all.getProperty("tomte.enrolment.url"))
                        .map(url -> new NodeIdentity.Asking(
                                URI.create(url),
                                Path.of(all.getProperty("tomte.enrolment.authority", "")),
                                Path.of(all.getProperty("tomte.enrolment.token", "")))),
                Stream.of(all.getProperty("tomte.cpu.without", "").split("\\s+"))
                        .filter(feature -> !feature.isEmpty())
                        .collect(Collectors.toUnmodifiableSet()));
    }

    private static String need(Properties all, Path file, String name) throws IOException {
        String value = all.getProperty(name, "").strip();
        if (value.isEmpty()) throw new IOException(file + " lacks " + name);
        return value;
    }
}

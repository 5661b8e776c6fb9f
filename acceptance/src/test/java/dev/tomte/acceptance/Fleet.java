package dev.tomte.acceptance;

import static java.util.Objects.requireNonNull;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Identity;
import dev.tomte.contracts.Json;
import dev.tomte.fleet.Slowness;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The one fleet that all tests share, brought up by {@code ./tomte up} before the first. */
final class Fleet {
    static final List<String> HOSTS = List.of("ws1", "ws2", "ws3");
    private static final Duration UP = Slowness.limit(Duration.ofMinutes(10));
    private static final Duration COMMAND = Slowness.limit(Duration.ofMinutes(2));
    private static final Duration SPEAKS = Slowness.limit(Duration.ofSeconds(90));
    /** Hosts are idle as soon as their played owners rest. */
    private static final Map<String, String> QUICK = Map.of(
            "tomte.idle.input-quiet", "2s",
            "tomte.idle.input-busy", "2s",
            "tomte.idle.strain-quiet", "0s",
            "tomte.idle.hold-shortest", "0s",
            "tomte.idle.hold-longest", "1s");

    private static @Nullable Fleet running;

    private final Rest rest;
    private final Identity identity;
    private final List<URI> endpoints;

    private Fleet() throws IOException {
        Properties client = new Properties();
        try (Reader in = Files.newBufferedReader(state().resolve("client.properties"))) {
            client.load(in);
        }
        endpoints = Stream.of(client.getProperty("endpoints").split(",", -1))
                .map(URI::create)
                .toList();
        identity = new Identity(Path.of(client.getProperty("certificates")));
        rest = new Rest(endpoints, identity);
    }

    /** Skips the test unless a fleet was asked for; a plain build starts none. */
    static synchronized Fleet up() {
        assumeTrue("up".equals(System.getProperty("tomte.fleet")), "needs -Dtomte.fleet=up");
        if (running == null) {
            try {
                Map<String, String> settings = new TreeMap<>(HostSettings.CALM);
                settings.putAll(QUICK);
                settings("hosts", settings);
                tomte(UP, "up").expect(0);
                running = new Fleet();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return requireNonNull(running);
    }

    static synchronized void down() {
        tomte(COMMAND, "down", "--purge").expect(0);
        running = null;
    }

    static synchronized boolean isUp() {
        return running != null;
    }

    static String name() {
        return System.getenv().getOrDefault("TOMTE_FLEET", "check");
    }

    static Path state() {
        return Path.of(System.getenv().getOrDefault("TOMTE_HOME", "/var/lib/tomte"), "fleets", name());
    }

    /** Where the launcher has put what is built or unpacked once for all fleets. */
    static Path tools() {
        String home = System.getenv().getOrDefault("TOMTE_HOME", "/var/lib/tomte");
        return Path.of(System.getenv().getOrDefault("TOMTE_TOOLS", home + "/tools"));
    }

    static Path run() {
        return Path.of("/run/tomte", name());
    }

    static Shell.Result tomte(String... arguments) {
        return tomte(COMMAND, arguments);
    }

    private static Shell.Result tomte(Duration limit, String... arguments) {
        Path source = Path.of(requireNonNull(System.getProperty("tomte.source"), "tomte.source"));
        List<String> command = new ArrayList<>(List.of(source.resolve("tomte").toString()));
        command.addAll(List.of(arguments));
        return Shell.run(limit, Map.of("TOMTE_FLEET", name()), command);
    }

    static Shell.Result mig(String... arguments) {
        List<String> all = new ArrayList<>(List.of("mig"));
        all.addAll(List.of(arguments));
        return tomte(all.toArray(String[]::new));
    }

    Rest rest() {
        return rest;
    }

    Identity identity() {
        return identity;
    }

    List<URI> endpoints() {
        return endpoints;
    }

    /** Where a host's root file system is on this machine, as the API says. */
    Path root(String host) {
        return Path.of(rest.get("/hosts/" + host).json().path("root").asString());
    }

    Path home(String host) {
        return root(host).resolve("home/tomte");
    }

    /** Waits until a host is heard of, idle or not. */
    void awaitUp(String host) {
        await(host + " is up")
                .atMost(SPEAKS)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> {
                    Rest.Answer answer = rest.get("/hosts/" + host);
                    return answer.ok() && !answer.as(Availability.class).isSilent(Instant.now());
                });
    }

    /** Waits until every replica answers, and has heard of every host. */
    void awaitWhole() {
        await("all replicas and hosts are there")
                .atMost(SPEAKS)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> {
                    for (URI endpoint : endpoints) {
                        Rest replica = new Rest(List.of(endpoint), identity);
                        Optional<Rest.Answer> hosts = replica.attempt("/hosts");
                        if (hosts.isEmpty() || !hosts.get().ok()) return false;
                        for (String host : HOSTS)
                            if (hosts.get()
                                    .json()
                                    .valueStream()
                                    .noneMatch(
                                            one -> one.path("host").asString("").equals(host)
                                                    && !Json.mapper()
                                                            .treeToValue(one, Availability.class)
                                                            .isSilent(Instant.now()))) return false;
                    }
                    return true;
                });
    }

    /** Puts a file of the tests' own into a host's /home/tomte, owned by the user tomte. */
    Path install(String host, String name, byte[] content) {
        try {
            Path file = home(host).resolve(name);
            Files.write(file, content);
            Files.setAttribute(file, "unix:mode", 0755);
            Files.setAttribute(file, "unix:uid", 1000);
            Files.setAttribute(file, "unix:gid", 1000);
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @param whose a host's name, or "hosts" for all of them */
    private static void settings(String whose, Map<String, String> settings) throws IOException {
        overrides(whose + ".properties", settings);
    }

    private static void overrides(String name, Map<String, String> content) throws IOException {
        Path file = state().resolve("overrides").resolve(name);
        Files.createDirectories(requireNonNull(file.getParent()));
        StringBuilder text = new StringBuilder();
        new TreeMap<>(content)
                .forEach((key, value) ->
                        text.append(key).append('=').append(value).append('\n'));
        Files.writeString(file, text);
    }

    /** Settings of a host beside those it has; it must be restarted to take them. */
    void override(String host, Map<String, String> settings) throws IOException {
        settings(host, settings);
        restart(host);
    }

    /** The environment of a host's services, which are restarted, beside what the launcher gives them. */
    void environment(String host, Map<String, String> environment) throws IOException {
        overrides(host + ".environment", environment);
        restart(host);
    }

    private void restart(String host) {
        tomte("restart", host).expect(0);
        awaitSaying(host);
    }

    /** Waits until a host has said something new of itself: the restarted one, not the one before. */
    private void awaitSaying(String host) {
        Instant before = at(host);
        await(host + " speaks again").atMost(SPEAKS).until(() -> at(host).isAfter(before.plusMillis(100)));
        awaitUp(host);
    }

    private Instant at(String host) {
        return Instant.parse(rest.get("/hosts/" + host).json().path("at").asString());
    }
}

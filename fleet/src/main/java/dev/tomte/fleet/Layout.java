package dev.tomte.fleet;

import dev.tomte.contracts.Identity;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/**
 * Where a fleet keeps what, and what its parts are called. Everything of a fleet outside of its two directories carries
 * its name or the hash of it, so that one fleet never touches another's.
 *
 * @param name of the fleet; without dashes, so that no fleet's names begin with another's
 * @param state what survives {@code down}: the hosts' disks, certificates
 * @param run what does not: pid files, pods; on a tmpfs
 * @param tools criu, the stub and their like
 */
public record Layout(String name, Path state, Path run, Path tools) {
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9]{0,19}");

    public Layout {
        if (!NAME.matcher(name).matches())
            throw new FleetException("the fleet's name '" + name + "' is not 1 to 20 of a-z and 0-9, a letter first");
    }

    /** The fleet and directories that the environment names, or the defaults. */
    public static Layout fromEnvironment() {
        String name = environment("TOMTE_FLEET", "tomte");
        Path home = Path.of(environment("TOMTE_HOME", "/var/lib/tomte"));
        return new Layout(
                name,
                home.resolve("fleets").resolve(name),
                Path.of("/run/tomte").resolve(name),
                Path.of(environment("TOMTE_TOOLS", home.resolve("tools").toString())));
    }

    private static String environment(String variable, String otherwise) {
        String value = System.getenv(variable);
        return value == null || value.isBlank() ? otherwise : value;
    }

    private int hash() {
        CRC32 crc = new CRC32();
        crc.update(name.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        return (int) crc.getValue();
    }

    /** Six hex digits. */
    private String shortHash() {
        return "%06x".formatted(hash() & 0xffffff);
    }

    public String bridge() {
        return "tmt-" + shortHash();
    }

    /** The end of a host's cable that is at the bridge; at most 15 characters. */
    public String cable(int index) {
        return "tmt" + shortHash() + "-" + index;
    }

    public String cablePrefix() {
        return "tmt" + shortHash() + "-";
    }

    public String namespace(String host) {
        return namespacePrefix() + host;
    }

    public String namespacePrefix() {
        return "tomte-" + name + "-";
    }

    /** The first three numbers of the fleet's addresses. */
    public String subnet() {
        return "10.98." + (Integer.remainderUnsigned(hash(), 254) + 1);
    }

    public String bridgeAddress() {
        return subnet() + ".1";
    }

    /** @param index from 0, in the order in which the hosts were named */
    public String hostAddress(int index) {
        return subnet() + "." + (11 + index);
    }

    public int brokerPort() {
        return 9093;
    }

    public int controllerPort() {
        return 9094;
    }

    /** The REST port of a migration-service replica, from 0, on 127.0.0.1. */
    public int restPort(int replica) {
        int base = name.equals("tomte") ? 8443 : 20000 + 2 * Integer.remainderUnsigned(hash() >>> 8, 5000);
        return base + replica;
    }

    /** Where a host says what it measures, at its own address. */
    public int metricsPort() {
        return 7004;
    }

    /** The same of a migration-service replica, from 0, at the bridge's address. */
    public int metricsPort(int replica) {
        return metricsPort() + replica;
    }

    public Path host(String host) {
        return state.resolve("hosts").resolve(host);
    }

    /** A host's root file system, as everybody on this machine sees it. */
    public Path root(String host) {
        return host(host).resolve("root");
    }

    public Path certificates() {
        return state.resolve("certificates");
    }

    public Identity identity(String name) {
        return new Identity(certificates().resolve(name));
    }

    public Path kafka() {
        return state.resolve("kafka");
    }

    public Path logs() {
        return state.resolve("logs");
    }

    public Path config() {
        return state.resolve("config");
    }

    /** What a Prometheus reads that scrapes the fleet. */
    public Path prometheus() {
        return state.resolve("prometheus.yml");
    }

    /** What {@code mig} reads. */
    public Path client() {
        return state.resolve("client.properties");
    }

    /** Below the v2 hierarchy. */
    public String cgroup() {
        return "tomte/" + name;
    }
}

package dev.tomte.fleet;

import dev.tomte.authority.Authority;
import dev.tomte.contracts.Names;
import dev.tomte.contracts.Peer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;

/** The parts of one fleet: what they are, how they come up, and how they go without leaving anything. */
final class Fleet {
    static final int REPLICAS = 2;

    /**
     * glibc keeps what many threads have allocated and freed in arenas of their own, and large buffers too once it has seen
     * some: for a host's JVM that was 100 MiB.
     */
    private static final List<String> SPARING_MALLOC =
            List.of("env", "MALLOC_ARENA_MAX=2", "MALLOC_MMAP_THRESHOLD_=131072");

    /** Services, and those who have a certificate beside them; a host's would be theirs. */
    private static final Set<String> TAKEN = Set.of("services", "home", "broker", "mig", "monitor");

    private final Layout layout;
    private final List<String> hosts;
    private final Network network;
    private final FleetCgroup cgroup;
    private final Settings settings;

    Fleet(Layout layout, List<String> hosts) {
        if (hosts.isEmpty() || hosts.size() > 200) throw new FleetException("a fleet has 1 to 200 hosts");
        for (String host : hosts) {
            try {
                Names.label("host", host);
            } catch (IllegalArgumentException e) {
                throw new FleetException(String.valueOf(e.getMessage()), e);
            }
            if (TAKEN.contains(host) || host.startsWith("migration-"))
                throw new FleetException("no host can be called '" + host + "'");
        }
        if (hosts.stream().distinct().count() != hosts.size()) throw new FleetException("two hosts have one name");
        this.layout = layout;
        this.hosts = List.copyOf(hosts);
        network = new Network(layout);
        cgroup = new FleetCgroup(layout);
        settings = new Settings(layout);
    }

    static String replica(int index) {
        return "migration-" + (index + 1);
    }

    Layout layout() {
        return layout;
    }

    List<String> hosts() {
        return hosts;
    }

    /** Certificates, network, cgroups, the hosts' disks: all that the services stand on. */
    void ground() throws IOException {
        Files.createDirectories(layout.run());
        // memory images pass through here: on no disk, also where /run is one
        if (!Mounts.isMounted(layout.run()))
            Tool.run(
                    "mount",
                    "-t",
                    "tmpfs",
                    "-o",
                    "nosuid,nodev,mode=711",
                    "tomte",
                    layout.run().toString());
        Files.createDirectories(layout.state());
        certificates();
        network.up(hosts);
        for (String host : hosts) {
            new HostRoot(layout.host(host)).up();
            Files.createDirectories(layout.run().resolve(host));
            Files.createDirectories(cgroup.directory().resolve(host));
        }
        Files.writeString(layout.state().resolve("hosts.list"), String.join("\n", hosts) + "\n");
        properties(layout.client(), settings.client(REPLICAS));
        Files.writeString(layout.prometheus(), new Scraping(layout, hosts, REPLICAS).yaml());
    }

    private void certificates() throws IOException {
        Authority authority = Authority.open(layout.state().resolve("authority"));
        for (int i = 0; i < hosts.size(); i++)
            authority.ensure(
                    layout.identity(hosts.get(i)),
                    new Peer(hosts.get(i), Peer.Role.HOST),
                    List.of(hosts.get(i), layout.hostAddress(i)));
        for (int i = 0; i < REPLICAS; i++) {
            String name = replica(i);
            authority.ensure(
                    layout.identity(name),
                    new Peer(name, Peer.Role.MIGRATION),
                    List.of(name, "localhost", "127.0.0.1", layout.bridgeAddress()));
        }
        authority.ensure(
                layout.identity("broker"),
                new Peer("broker", Peer.Role.BROKER),
                List.of("broker", layout.bridgeAddress()));
        authority.ensure(layout.identity("mig"), new Peer("mig", Peer.Role.MIG), List.of("mig"));
        authority.ensure(layout.identity("monitor"), new Peer("monitor", Peer.Role.MONITOR), List.of("monitor"));
    }

    /** In the order in which they come up. */
    List<Service> services(Jvm jvm) throws IOException {
        List<Service> all = new ArrayList<>();
        all.add(service(
                "broker",
                jvm.command(
                        "fleet",
                        BrokerMain.class.getName(),
                        160,
                        List.of("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"),
                        List.of(config("broker", settings.broker()).toString()))));
        for (int i = 0; i < REPLICAS; i++) {
            String name = replica(i);
            Path config = config(name, settings.migration(i));
            all.add(service(
                    name,
                    jvm.command(
                            "migration-service",
                            "dev.tomte.migration.MigrationMain",
                            112,
                            List.of(),
                            List.of("--tomte.config=" + config, "--spring.config.import=file:" + config))));
        }
        for (int i = 0; i < hosts.size(); i++) {
            String host = hosts.get(i);
            Path config = config(host, settings.host(host, i));
            // not by "ip netns exec": that would hide the cgroups from it
            List<String> command =
                    new ArrayList<>(List.of("nsenter", "--net=/run/netns/" + layout.namespace(host), "--"));
            command.addAll(SPARING_MALLOC);
            command.addAll(settings.environment(host));
            command.addAll(jvm.command(
                    "host-agent-service",
                    "dev.tomte.agent.HostMain",
                    96,
                    List.of(),
                    List.of("--tomte.config=" + config)));
            all.add(service(host, command));
        }
        return all;
    }

    private Service service(String name, List<String> command) throws IOException {
        CRC32 crc = new CRC32();
        for (Path file : List.of(
                layout.config().resolve(name + ".properties"),
                layout.identity(name).certificate(),
                layout.identity(name).authority())) if (Files.exists(file)) crc.update(Files.readAllBytes(file));
        return new Service(
                name,
                layout.run().resolve("services").resolve(name),
                cgroup.service(name),
                layout.logs().resolve(name + ".log"),
                command,
                HexFormat.of().toHexDigits((int) crc.getValue()));
    }

    private Path config(String name, Map<String, String> content) throws IOException {
        Path file = layout.config().resolve(name + ".properties");
        properties(file, content);
        return file;
    }

    private static void properties(Path file, Map<String, String> content) throws IOException {
        StringBuilder text = new StringBuilder();
        content.forEach((key, value) ->
                text.append(key).append('=').append(value.replace("\\", "\\\\")).append('\n'));
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, text, StandardCharsets.UTF_8);
    }

    /**
     * Ends everything of the fleet and takes it away: what its files name, what its cgroup holds, and what bears its
     * name.
     *
     * @param disks whether the hosts' disks, certificates and logs go too
     */
    void down(List<Service> services, boolean disks) throws IOException {
        // hosts first: they need the broker to take their leave
        for (Service service : services.reversed()) service.ask();
        for (Service service : services.reversed()) service.await();
        cgroup.destroy();
        Mounts.unmountBelow(layout.run());
        Mounts.unmountBelow(layout.state());
        network.down();
        Directories.delete(layout.run());
        Path runs = layout.run().getParent();
        if (runs != null) Directories.deleteIfEmpty(runs);
        // of processes that are no more
        Directories.delete(layout.kafka());
        Directories.delete(layout.config());
        Files.deleteIfExists(layout.client());
        Files.deleteIfExists(layout.prometheus());
        if (disks) {
            Directories.delete(layout.state());
            Path fleets = layout.state().getParent();
            if (fleets != null) Directories.deleteIfEmpty(fleets);
        }
    }

    /** What is left of the fleet after {@code down}: empty, or a list of names for a person to read. */
    List<String> leftovers() throws IOException {
        List<String> left = new ArrayList<>();
        if (Files.exists(cgroup.directory())) left.add("cgroup " + cgroup.directory());
        cgroup.besides().forEach(group -> left.add("cgroup " + group));
        network.namespaces().forEach(name -> left.add("network namespace " + name));
        network.devices().forEach(name -> left.add("interface " + name));
        Mounts.below(layout.run()).forEach(point -> left.add("mount " + point));
        Mounts.below(layout.state()).forEach(point -> left.add("mount " + point));
        if (Files.exists(layout.run())) left.add("directory " + layout.run());
        left.addAll(Strays.of(layout));
        return left;
    }
}

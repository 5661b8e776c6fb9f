package dev.tomte.fleet;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Brings a fleet up and down. {@code ./tomte} calls it. */
@Command(
        name = "tomte",
        mixinStandardHelpOptions = true,
        description = "A fleet of hosts on this machine.",
        synopsisSubcommandLabel = "COMMAND")
public final class FleetMain {
    private static final Duration PATIENCE = Slowness.limit(Duration.ofMinutes(2));

    private final PrintStream out = System.out;

    private FleetMain() {}

    public static void main(String[] arguments) {
        int status = new CommandLine(new FleetMain())
                .setExecutionExceptionHandler((e, command, parsed) -> {
                    command.getErr().println("tomte: " + e.getMessage());
                    if (!(e instanceof FleetException)) e.printStackTrace(command.getErr());
                    return 1;
                })
                .execute(arguments);
        System.exit(status);
    }

    @Command(name = "up", description = "Bring the fleet up, or what is missing of it.")
    int up(
            @Option(
                            names = "--hosts",
                            split = ",",
                            defaultValue = "ws1,ws2,ws3",
                            paramLabel = "NAME",
                            description = "The hosts' names (default: ${DEFAULT-VALUE}).")
                    List<String> hosts)
            throws IOException {
        Instant begin = Instant.now();
        Fleet fleet = new Fleet(Layout.fromEnvironment(), hosts);
        dropHostsThatAreNoMore(fleet);
        fleet.ground();
        say(begin, "certificates, network, disks of " + String.join(", ", hosts));
        List<Service> services = fleet.services(Jvm.current());
        Service broker = services.getFirst();
        boolean any = broker.start();
        Layout layout = fleet.layout();
        await(
                broker,
                () -> Readiness.listens(layout.bridgeAddress(), layout.brokerPort()),
                "the broker does not answer");
        say(begin, "broker at " + layout.bridgeAddress() + ":" + layout.brokerPort());
        Set<String> started = new HashSet<>();
        for (Service service : services) if (service.start()) started.add(service.name());
        any |= !started.isEmpty();
        awaitAll(begin, fleet, services, started);
        farewell(fleet, any);
        return 0;
    }

    private static void dropHostsThatAreNoMore(Fleet fleet) throws IOException {
        List<String> before = knownHosts(fleet.layout());
        if (!Files.isDirectory(fleet.layout().run()) || before.equals(fleet.hosts()) || before.isEmpty()) return;
        throw new FleetException("the fleet is up with the hosts " + String.join(",", before)
                + "; take it down first, or ask for the same");
    }

    private static List<String> knownHosts(Layout layout) throws IOException {
        Path list = layout.state().resolve("hosts.list");
        return Files.exists(list) ? Files.readAllLines(list) : List.of();
    }

    private void awaitAll(Instant begin, Fleet fleet, List<Service> services, Set<String> started) throws IOException {
        Layout layout = fleet.layout();
        try (Readiness readiness = new Readiness(layout.identity("mig"))) {
            for (int i = 0; i < Fleet.REPLICAS; i++) {
                int port = layout.restPort(i);
                Service replica = services.get(1 + i);
                await(replica, () -> Readiness.listens("127.0.0.1", port), "it does not answer");
                say(begin, replica.name() + " at https://127.0.0.1:" + port);
            }
            for (String host : fleet.hosts()) {
                Service service = services.stream()
                        .filter(one -> one.name().equals(host))
                        .findFirst()
                        .orElseThrow();
                Instant since = started.contains(host) ? begin : Instant.EPOCH;
                for (int i = 0; i < Fleet.REPLICAS; i++) {
                    int port = layout.restPort(i);
                    await(
                            service,
                            () -> readiness.missing(port, List.of(host), since).isEmpty(),
                            "nothing is heard of the host");
                }
                say(begin, host + " is up");
            }
        }
    }

    private static void await(Service service, Callable<Boolean> condition, String otherwise) throws IOException {
        Instant deadline = Instant.now().plus(PATIENCE);
        try {
            while (!condition.call()) {
                if (Instant.now().isAfter(deadline))
                    throw new FleetException("%s: %s after %d s; its log %s ends:%n%s"
                            .formatted(
                                    service.name(),
                                    otherwise,
                                    PATIENCE.toSeconds(),
                                    service.log(),
                                    service.lastWords()));
                Service.pause();
            }
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private void say(Instant begin, String what) {
        double seconds = Duration.between(begin, Instant.now()).toMillis() / 1000.0;
        out.printf(Locale.ROOT, "%5.1f s  %s%n", seconds, what);
    }

    private void farewell(Fleet fleet, boolean any) {
        Layout layout = fleet.layout();
        out.println();
        out.println(any ? "The fleet is up." : "The fleet was up already.");
        out.printf(
                "  REST    https://127.0.0.1:%d and %d (client certificate: %s)%n",
                layout.restPort(0), layout.restPort(1), layout.identity("mig").directory());
        out.printf("  API     https://127.0.0.1:%d/swagger-ui.html, /v3/api-docs%n", layout.restPort(0));
        out.printf("  metrics prometheus --config.file=%s%n", layout.prometheus());
        out.printf("  logs    %s%n", layout.logs());
        out.println("""
                Try:
                  ./tomte mig hosts
                  ./tomte mig run --home ws1 --name count -- sh -c 'i=0; while sleep 0.1; do i=$((i+1)); echo $i; done'
                  ./tomte mig migrate count ws2""");
    }

    @Command(name = "down", description = "Take the fleet down; nothing of it stays but the hosts' disks.")
    int down(
            @Option(names = "--purge", description = "Delete the hosts' disks, certificates and logs too.")
                    boolean purge)
            throws IOException {
        Instant begin = Instant.now();
        Fleet fleet = existing();
        fleet.down(fleet.services(Jvm.current()), purge);
        List<String> left = fleet.leftovers();
        if (!left.isEmpty()) throw new FleetException("not all of it is gone:\n" + String.join("\n", left));
        say(begin, "the fleet '" + fleet.layout().name() + "' is down");
        return 0;
    }

    @Command(name = "status", description = "Say which services live; the exit status is 1 if one does not.")
    int status() throws IOException {
        boolean all = true;
        for (Service service : existing().services(Jvm.current())) {
            var process = service.process();
            all &= process.isPresent();
            out.printf(
                    "%-14s %-8s %s%n",
                    service.name(),
                    process.map(live -> Long.toString(live.pid())).orElse("dead"),
                    service.log());
        }
        return all ? 0 : 1;
    }

    @Command(name = "restart", description = "End a service and start it again.")
    int restart(@Parameters(paramLabel = "SERVICE") String name) throws IOException {
        Service service = find(name);
        service.stop();
        service.start();
        return 0;
    }

    @Command(name = "crash", description = "Kill a service; it stays dead until it is started.")
    int crash(@Parameters(paramLabel = "SERVICE") String name) throws IOException {
        find(name).crash();
        return 0;
    }

    @Command(name = "start", description = "Start a service that was killed or has ended.")
    int start(@Parameters(paramLabel = "SERVICE") String name) throws IOException {
        find(name).start();
        return 0;
    }

    @Command(name = "leftovers", description = "Say what is there of a fleet that should be down.")
    int leftovers() throws IOException {
        List<String> left = existing().leftovers();
        left.forEach(out::println);
        return left.isEmpty() ? 0 : 1;
    }

    private static Service find(String name) throws IOException {
        return existing().services(Jvm.current()).stream()
                .filter(service -> service.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new FleetException("there is no service '" + name + "'"));
    }

    /** The fleet that was brought up last under this name. */
    private static Fleet existing() throws IOException {
        Layout layout = Layout.fromEnvironment();
        List<String> hosts = knownHosts(layout);
        return new Fleet(layout, hosts.isEmpty() ? List.of("ws1", "ws2", "ws3") : hosts);
    }
}

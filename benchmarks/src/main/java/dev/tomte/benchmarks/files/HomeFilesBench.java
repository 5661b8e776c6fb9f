package dev.tomte.benchmarks.files;

import dev.tomte.authority.Authority;
import dev.tomte.contracts.Peer;
import dev.tomte.home.origin.OriginServer;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The same file calls and programs natively at home, through the home mount, and through libfuse's passthrough and sshfs
 * if they are installed; the last two connections also with longer round trips. Medians, and ratios to native. Worlds
 * alternate, so that all meet the same machine; each round of each world finds caches that are cold but for home's own.
 */
public final class HomeFilesBench implements Closeable {
    /** Where Debian's libfuse3-dev has it. */
    private static final Path PASSTHROUGH = Path.of("/usr/share/doc/libfuse3-dev/examples/passthrough_ll.c");

    /** How a world is made, when its turn has come. */
    @FunctionalInterface
    private interface Maker {
        World make() throws IOException, InterruptedException;
    }

    private final Path scratch = Files.createTempDirectory(Path.of("/var/tmp"), "tomte-bench");
    private final HomePod home;
    private final HomePod guest;
    private final OriginServer origin;
    private final List<Closeable> closing = new ArrayList<>();
    private final Map<String, Maker> worlds = new LinkedHashMap<>();
    /** By world and row. */
    private final Map<String, Map<String, List<Double>>> found = new LinkedHashMap<>();

    private HomeFilesBench() throws IOException {
        Authority authority = Authority.open(scratch.resolve("ca"));
        for (String host : List.of("ws1", "ws2")) authority.issue(scratch, host, Peer.Role.HOST);
        home = HomePod.start(scratch.resolve("home"));
        guest = HomePod.start(scratch.resolve("guest"));
        origin = Away.origin(home.stub(), scratch.resolve("ws1"), scratch.resolve("state"));
    }

    /** Options: --rounds N (default 3), --round-trips MS,MS (0,0.2,1), --only TEXT (rows whose name contains it). */
    public static void main(String[] args) throws Exception {
        Map<String, String> options = new LinkedHashMap<>();
        for (int i = 0; i + 1 < args.length; i += 2) options.put(args[i], args[i + 1]);
        String only = options.getOrDefault("--only", "");
        List<Row> rows = Row.all(System.getProperty("java.home") + "/bin/java").stream()
                .filter(row -> row.names().getFirst().contains(only))
                .toList();
        try (HomeFilesBench bench = new HomeFilesBench()) {
            Subjects.make(bench.home);
            bench.prepare(options.getOrDefault("--round-trips", "0,0.2,1").split(",", -1));
            bench.warmUp();
            System.out.println(
                    "load " + Files.readString(Path.of("/proc/loadavg")).strip());
            int rounds = Integer.parseInt(options.getOrDefault("--rounds", "3"));
            for (int round = 0; round < rounds; round++) bench.round(round, rounds, rows);
            bench.print(rows);
            System.out.println(
                    "load " + Files.readString(Path.of("/proc/loadavg")).strip());
        }
    }

    private void prepare(String[] roundTrips) throws IOException, InterruptedException {
        worlds.put("native", () -> new Unclosed(home));
        if (Files.exists(PASSTHROUGH)) passthrough();
        else System.out.println("libfuse3-dev is not installed: no passthrough");
        Sshd sshd = Sshd.isInstalled() ? Sshd.start(home, scratch) : null;
        if (sshd != null) closing.add(sshd);
        else System.out.println("sshfs or sshd is not installed: no sshfs");
        for (String trip : roundTrips) {
            double millis = Double.parseDouble(trip);
            String longer = millis == 0 ? "" : " +" + trip + " ms";
            int port = through(origin.port(), millis);
            worlds.put("away" + longer, () -> Away.mount(port, scratch.resolve("ws2"), guest.stub()));
            if (sshd == null) continue;
            int sshPort = through(sshd.port(), millis);
            worlds.put("sshfs" + longer, () -> sshd.mount(home, sshPort));
        }
    }

    /** A host's proxies have run for long: their ciphers are compiled. */
    private void warmUp() throws IOException, InterruptedException {
        for (String calls : List.of("write warm 512", "read warm 512", "random warm 512 r 1 2000"))
            try (World away = Away.mount(origin.port(), scratch.resolve("ws2"), guest.stub())) {
                away.run(Subjects.HOME, "./calls " + calls);
            }
        Subjects.remove(home, "warm");
    }

    private int through(int port, double millis) throws IOException {
        if (millis == 0) return port;
        DelayProxy proxy = new DelayProxy(port, millis);
        closing.add(proxy);
        return proxy.port();
    }

    private void passthrough() throws IOException, InterruptedException {
        Path source = home.path("/passthrough_ll.c");
        Files.copy(PASSTHROUGH, source);
        // the example needs a file of its own beside it
        Files.copy(PASSTHROUGH.resolveSibling("passthrough_helpers.h"), home.path("/passthrough_helpers.h"));
        List<String> compile = new ArrayList<>(home.enter());
        compile.addAll(List.of(
                "sh", "-ec", "gcc -O2 -w -o /passthrough_ll /passthrough_ll.c $(pkg-config fuse3 --cflags --libs)"));
        dev.tomte.benchmarks.freeze.Shell.run(compile);
        List<String> server =
                List.of("/passthrough_ll", "-f", "-o", "source=/,allow_other,default_permissions", "/mnt/pass");
        worlds.put("passthrough", () -> Mounted.by(home, "/mnt/pass", true, server));
    }

    private void round(int round, int rounds, List<Row> rows) throws IOException, InterruptedException {
        for (Map.Entry<String, Maker> world : worlds.entrySet()) {
            System.err.printf("round %d of %d: %s%n", round + 1, rounds, world.getKey());
            String directory = "w" + found.size() + "-" + round;
            Subjects.make(home, directory);
            try (World entered = world.getValue().make()) {
                for (Row row : rows)
                    if (!row.startsProgram() || entered.hasPrograms()) measure(world.getKey(), entered, directory, row);
            }
            Subjects.remove(home, directory);
        }
    }

    private void measure(String world, World entered, String directory, Row row)
            throws IOException, InterruptedException {
        List<Double> numbers = entered.run(Subjects.HOME + "/" + directory, row.command())
                .lines()
                .map(Double::valueOf)
                .toList();
        for (int i = 0; i < row.names().size(); i++)
            found.computeIfAbsent(world, w -> new LinkedHashMap<>())
                    .computeIfAbsent(row.names().get(i), name -> new ArrayList<>())
                    .add(numbers.get(i));
    }

    private void print(List<Row> rows) {
        System.out.printf("%-34s %-8s", "", "");
        for (String world : worlds.keySet()) System.out.printf(" %21s", world);
        System.out.println();
        for (Row row : rows)
            for (String name : row.names()) {
                System.out.printf("%-34s %-8s", name, row.unit());
                double base = median("native", name);
                for (String world : worlds.keySet()) {
                    double value = median(world, name);
                    double ratio = row.more() ? base / value : value / base;
                    if (Double.isNaN(value)) System.out.printf(" %21s", "-");
                    else System.out.printf(" %11.1f (x%6.2f)", value, ratio);
                }
                System.out.println();
            }
        System.out.println("medians; in brackets how many times slower than native");
    }

    private double median(String world, String name) {
        List<Double> sorted = found.getOrDefault(world, Map.of()).getOrDefault(name, List.of()).stream()
                .sorted()
                .toList();
        return sorted.isEmpty() ? Double.NaN : sorted.get(sorted.size() / 2);
    }

    /** The home pod goes on when its turn is over. */
    private record Unclosed(World world) implements World {
        @Override
        public List<String> enter() {
            return world.enter();
        }

        @Override
        public void close() {}
    }

    @Override
    public void close() throws IOException {
        for (Closeable one : closing.reversed()) one.close();
        origin.close();
        guest.close();
        home.close();
        try (Stream<Path> all = Files.walk(scratch)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) Files.delete(path);
        }
    }
}

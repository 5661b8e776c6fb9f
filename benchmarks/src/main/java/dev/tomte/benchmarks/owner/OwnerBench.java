package dev.tomte.benchmarks.owner;

import dev.tomte.benchmarks.freeze.Shell;
import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The owner's work on ws2 of the fleet that is up, which uses all of a processor or all of them, with guests that would
 * too and without: short turns of both alternate, so that both meet the same machine. Guests are taken out of a turn by
 * the freezer.
 */
public final class OwnerBench {
    private static final String OWNER = "owner-work";
    private static final int TURN_MILLIS = 500;

    private final List<String> mig;
    private final Path programs;
    private final Path counters;
    private final Path guests;

    private OwnerBench(String launcher, String fleet, Path programs) throws IOException, InterruptedException {
        mig = List.of(launcher, "mig");
        this.programs = programs;
        counters = Path.of(root()).resolve("home/tomte").resolve(OWNER);
        guests = hierarchy().resolve("tomte").resolve(fleet).resolve("ws2/guests");
    }

    private static Path hierarchy() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
                .filter(line -> line.contains(" - cgroup2 "))
                .map(line -> Path.of(List.of(line.split(" ", -1)).get(4)))
                .findFirst()
                .orElseThrow(() -> new IOException("no cgroup v2 hierarchy is mounted"));
    }

    /** @param args guests (as many as there are cores), pairs of turns (40); in this order, as many as given */
    public static void main(String[] args) throws IOException, InterruptedException {
        int cores = Runtime.getRuntime().availableProcessors();
        int guests = args.length > 0 ? Integer.parseInt(args[0]) : cores;
        int pairs = args.length > 1 ? Integer.parseInt(args[1]) : 40;
        String launcher = System.getProperty("tomte.launcher");
        if (launcher == null) throw new IllegalArgumentException("use ./tomte bench owner");
        Path programs = Files.createTempDirectory(Path.of("/var/tmp"), "tomte-bench");
        try {
            build(programs);
            OwnerBench bench = new OwnerBench(launcher, System.getenv().getOrDefault("TOMTE_FLEET", "tomte"), programs);
            try {
                bench.comeGuests(guests);
                for (int threads : List.of(1, cores)) bench.measure(threads, guests, pairs);
            } finally {
                for (int i = 0; i < guests; i++) bench.mig("kill", "-s", "KILL", "spins-" + i);
            }
        } finally {
            try (Stream<Path> files = Files.list(programs)) {
                for (Path file : files.toList()) Files.delete(file);
            }
            Files.delete(programs);
        }
    }

    private static void build(Path programs) throws IOException, InterruptedException {
        Files.setPosixFilePermissions(programs, PosixFilePermissions.fromString("rwxr-xr-x"));
        try (InputStream in = OwnerBench.class.getResourceAsStream("work.c")) {
            if (in == null) throw new IOException("work.c is not in the jar");
            Files.write(programs.resolve("work.c"), in.readAllBytes());
        }
        Shell.run(List.of(
                "gcc",
                "-O2",
                "-pthread",
                "-o",
                programs.resolve("work").toString(),
                programs.resolve("work.c").toString()));
    }

    private String mig(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(mig);
        command.addAll(List.of(arguments));
        return Shell.run(command);
    }

    private Availability ws2() throws IOException, InterruptedException {
        return Json.mapper()
                .readTree(mig("hosts", "-o", "json"))
                .valueStream()
                .map(host -> Json.mapper().treeToValue(host, Availability.class))
                .filter(host -> host.host().equals("ws2"))
                .findFirst()
                .orElseThrow(() -> new IOException("there is no ws2"));
    }

    private String root() throws IOException, InterruptedException {
        return Json.mapper()
                .readTree(mig("hosts", "-o", "json"))
                .valueStream()
                .filter(host -> host.path("host").asString("").equals("ws2"))
                .map(host -> host.path("root").asString(""))
                .findFirst()
                .orElseThrow(() -> new IOException("there is no ws2"));
    }

    private void comeGuests(int count) throws IOException, InterruptedException {
        for (int i = 0; i < count; i++) {
            mig("run", "--home", "ws1", "--name", "spins-" + i, "--", "sh", "-c", "while :; do :; done");
            mig("migrate", "spins-" + i, "ws2");
        }
        System.out.printf(
                "%d guests on ws2, which get: %s%n", count, ws2().sharing().guestLimits());
    }

    private void measure(int threads, int count, int pairs) throws IOException, InterruptedException {
        mig(
                "run",
                "--home",
                "ws2",
                "--name",
                OWNER + threads,
                "--",
                programs + "/work",
                threads + "",
                "/home/tomte/" + OWNER);
        try {
            turn(true);
            List<Double> ratios = new ArrayList<>();
            double with = 0;
            double without = 0;
            for (int pair = 0; pair < pairs; pair++) {
                // each comes first as often as the other
                boolean first = pair % 2 == 0;
                double one = turn(first);
                double other = turn(!first);
                with += first ? one : other;
                without += first ? other : one;
                ratios.add((first ? other : one) / (first ? one : other));
            }
            ratios.sort(null);
            System.out.printf(
                    Locale.ROOT,
                    "owner on %d of %d cores, %d guests: takes %.3f times as long with them in all, median of %d turns"
                            + " %.3f; load %s%n",
                    threads,
                    Runtime.getRuntime().availableProcessors(),
                    count,
                    without / with,
                    pairs,
                    ratios.get(ratios.size() / 2),
                    Files.readString(Path.of("/proc/loadavg")).strip());
        } finally {
            turn(true);
            mig("kill", "-s", "KILL", OWNER + threads);
        }
    }

    /** What the owner gets done in a turn, a second. */
    private double turn(boolean withGuests) throws IOException, InterruptedException {
        try (Stream<Path> pods = Files.list(guests)) {
            for (Path pod : pods.filter(Files::isDirectory).toList())
                Files.writeString(pod.resolve("tree/cgroup.freeze"), withGuests ? "0" : "1");
        }
        long before = done();
        long begun = System.nanoTime();
        Thread.sleep(TURN_MILLIS);
        return (done() - before) / ((System.nanoTime() - begun) / 1e9);
    }

    private long done() throws IOException {
        ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(counters)).order(ByteOrder.LITTLE_ENDIAN);
        long sum = 0;
        while (all.remaining() >= Long.BYTES) sum += all.getLong();
        return sum;
    }
}

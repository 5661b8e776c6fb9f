package dev.tomte.benchmarks.eviction;

import dev.tomte.benchmarks.freeze.Median;
import dev.tomte.benchmarks.freeze.Shell;
import dev.tomte.benchmarks.freeze.Subject;
import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Cause;
import dev.tomte.contracts.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * Fills ws2 of the fleet that is up with guests, presses a key at its owner's keyboard, and prints how long it takes until
 * all guests stand, as the kernel says it of their cgroups, and until all have left, and with them their memory. The owner
 * keeps typing meanwhile.
 */
public final class EvictionBench {
    private static final int EVENT = 24;
    private static final long LIMIT = TimeUnit.MINUTES.toNanos(3);

    private final List<String> mig;
    private final Path keyboard;
    private final Path cgroup;
    private int started;

    private EvictionBench(String launcher, String fleet) throws IOException {
        mig = List.of(launcher, "mig");
        keyboard = Path.of("/run/tomte", fleet, "ws2/owner/input/keyboard0");
        cgroup = hierarchy().resolve("tomte").resolve(fleet).resolve("ws2/guests");
    }

    private static Path hierarchy() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
                .filter(line -> line.contains(" - cgroup2 "))
                .map(line -> Path.of(List.of(line.split(" ", -1)).get(4)))
                .findFirst()
                .orElseThrow(() -> new IOException("no cgroup v2 hierarchy is mounted"));
    }

    /** @param args guests (20), rounds (3), MiB of memory that each holds (0: a shell's); in this order, as many as given */
    public static void main(String[] args) throws IOException, InterruptedException {
        int guests = args.length > 0 ? Integer.parseInt(args[0]) : 20;
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 3;
        int megabytes = args.length > 2 ? Integer.parseInt(args[2]) : 0;
        String launcher = System.getProperty("tomte.launcher");
        if (launcher == null) throw new IllegalArgumentException("use ./tomte bench eviction");
        EvictionBench bench = new EvictionBench(launcher, System.getenv().getOrDefault("TOMTE_FLEET", "tomte"));
        Path programs = Files.createTempDirectory(Path.of("/var/tmp"), "tomte-bench");
        try {
            bench.start(guests, command(megabytes, programs));
            List<Long> frozen = new ArrayList<>();
            List<Long> gone = new ArrayList<>();
            for (int round = 0; round < rounds; round++) {
                bench.round(guests, frozen, gone);
                System.out.printf(
                        Locale.ROOT,
                        "round %d: all stand after %.1f ms, all gone after %.0f ms%n",
                        round + 1,
                        frozen.getLast() / 1e3,
                        gone.getLast() / 1e3);
            }
            System.out.printf(
                    Locale.ROOT,
                    "%d guests, median of %d: all stand after %.1f ms, all gone after %.0f ms; load %s%n",
                    guests,
                    rounds,
                    Median.of(frozen) / 1e3,
                    Median.of(gone) / 1e3,
                    Files.readString(Path.of("/proc/loadavg")).strip());
            if (megabytes > 0)
                System.out.printf(
                        Locale.ROOT,
                        "%.1f s for each GiB of the %d MiB that the owner has back%n",
                        Median.of(gone) / 1e6 / (guests * megabytes / 1024.0),
                        guests * megabytes);
        } finally {
            bench.end();
            try (Stream<Path> files = Files.list(programs)) {
                for (Path file : files.toList()) Files.delete(file);
            }
            Files.delete(programs);
        }
    }

    private static List<String> command(int megabytes, Path programs) throws IOException, InterruptedException {
        if (megabytes == 0) return List.of("sh", "-c", "while :; do sleep 0.1; done");
        Subject.build(programs);
        return new Subject(megabytes, false).command(programs);
    }

    private String mig(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(mig);
        command.addAll(List.of(arguments));
        return Shell.run(command);
    }

    private void start(int guests, List<String> command) throws IOException, InterruptedException {
        System.out.printf("starting %d processes on ws1%n", guests);
        for (int i = 0; i < guests; i++) {
            List<String> run = new ArrayList<>(List.of("run", "--home", "ws1", "--name", "evicted-" + i, "--"));
            run.addAll(command);
            mig(run.toArray(String[]::new));
            started++;
        }
    }

    private void end() throws IOException, InterruptedException {
        for (int i = 0; i < started; i++) mig("kill", "-s", "KILL", "evicted-" + i);
    }

    private void round(int guests, List<Long> frozen, List<Long> gone) throws IOException, InterruptedException {
        System.out.printf("moving %d processes to ws2%n", guests);
        for (int i = 0; i < guests; i++) mig("migrate", "evicted-" + i, "ws2");
        // that it is not idle yet does not matter: who was put there stays, and each return holds idleness off for
        // longer
        await("ws2's owner to be away", 200, this::isOwnerAway);
        List<Path> trees = trees();
        if (trees.size() != guests) throw new IOException(trees.size() + " guests are on ws2");
        try (OutputStream keys = Files.newOutputStream(keyboard, StandardOpenOption.WRITE)) {
            long pressed = System.nanoTime();
            keys.write(new byte[EVENT]);
            await("all to stand", 0, () -> trees.stream().allMatch(EvictionBench::stands));
            frozen.add((System.nanoTime() - pressed) / 1000);
            long[] typed = {System.nanoTime()};
            await("all to leave", 5, () -> {
                if (System.nanoTime() - typed[0] > TimeUnit.SECONDS.toNanos(1)) {
                    typed[0] = System.nanoTime();
                    type(keys);
                }
                return trees.stream().noneMatch(Files::exists);
            });
            gone.add((System.nanoTime() - pressed) / 1000);
        }
    }

    private static void type(OutputStream keys) {
        try {
            keys.write(new byte[EVENT]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean isOwnerAway() {
        try {
            return Json.mapper()
                    .readTree(mig("hosts", "-o", "json"))
                    .valueStream()
                    .map(host -> Json.mapper().treeToValue(host, Availability.class))
                    .anyMatch(
                            host -> host.host().equals("ws2") && host.sharing().cause() != Cause.OWNER);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private List<Path> trees() throws IOException {
        try (Stream<Path> pods = Files.list(cgroup)) {
            return pods.filter(pod -> pod.getFileName().toString().startsWith("g-"))
                    .map(pod -> pod.resolve("tree"))
                    .toList();
        }
    }

    /** One that has gone already stands as well. */
    private static boolean stands(Path tree) {
        try {
            return Files.readString(tree.resolve("cgroup.events")).contains("frozen 1");
        } catch (IOException e) {
            return true;
        }
    }

    private static void await(String what, long everyMillis, BooleanSupplier condition)
            throws IOException, InterruptedException {
        long begun = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - begun > LIMIT) throw new IOException("waited in vain for " + what);
            Thread.sleep(everyMillis);
        }
    }
}

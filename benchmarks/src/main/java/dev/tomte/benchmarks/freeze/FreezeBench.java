package dev.tomte.benchmarks.freeze;

import dev.tomte.benchmarks.rest.Api;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.rest.MigrationResource;
import dev.tomte.contracts.rest.MoveOrder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Moves each subject around the running fleet and prints, by phase, how long it stood still, beside the bare criu of the
 * same run. Medians, and the ratio; the very first move is told apart. Rounds of both alternate, so that both meet the same machine.
 */
public final class FreezeBench {
    private static final List<String> HOSTS = List.of("ws2", "ws3", "home");

    private final Api api;
    private final List<String> mig;
    private final Path criu;
    private final Path tmpfs;
    private final int rounds;

    private FreezeBench(Api api, List<String> mig, Path criu, Path tmpfs, int rounds) {
        this.api = api;
        this.mig = mig;
        this.criu = criu;
        this.tmpfs = tmpfs;
        this.rounds = rounds;
    }

    /** Options: --rounds N (default 5), --sizes MiB,MiB (16,256,1024), --jvm MiB (64; 0: none). */
    public static void main(String[] args) throws IOException, InterruptedException {
        Map<String, String> options = options(args);
        List<Subject> subjects = new ArrayList<>();
        for (String size : options.getOrDefault("sizes", "16,256,1024").split(",", -1))
            subjects.add(new Subject(Integer.parseInt(size), false));
        int jvm = Integer.parseInt(options.getOrDefault("jvm", "64"));
        if (jvm > 0) subjects.add(new Subject(jvm, true));
        FreezeBench bench = new FreezeBench(
                Api.ofFleet(),
                List.of(setting("tomte.launcher"), "mig"),
                Path.of(setting("tomte.tools"), "criu"),
                Path.of("/dev/shm"),
                Integer.parseInt(options.getOrDefault("rounds", "5")));
        Path programs = Files.createTempDirectory(Path.of("/var/tmp"), "tomte-bench");
        try {
            Subject.build(programs);
            System.out.printf(
                    "%-12s %10s %10s %7s %10s   by phase, ms%n", "", "bare ms", "frozen ms", "ratio", "first ms");
            for (Subject subject : subjects) bench.measure(subject, programs);
            ResidentMemory.print();
        } finally {
            try (var files = Files.list(programs)) {
                for (Path file : files.toList()) Files.delete(file);
            }
            Files.delete(programs);
        }
    }

    private void measure(Subject subject, Path programs) throws IOException, InterruptedException {
        List<String> run = new ArrayList<>(List.of("run", "--home", "ws1", "--name", subject.name(), "--"));
        run.addAll(subject.command(programs));
        mig(run);
        // a circle that is not counted: the first move is one of cold code, and says how cold
        long first = 0;
        for (String host : HOSTS) {
            long frozen = move(subject, host).micros().getOrDefault("frozen", 0L);
            if (first == 0) first = frozen;
        }
        List<Long> bare = new ArrayList<>();
        List<Long> frozen = new ArrayList<>();
        Map<String, List<Long>> phases = new TreeMap<>();
        try (BareCriu baseline = new BareCriu(criu, tmpfs, subject, programs)) {
            for (int round = 0; round < rounds; round++) {
                for (String host : HOSTS) {
                    bare.add(baseline.round());
                    MigrationResource migration = move(subject, host);
                    frozen.add(migration.micros().getOrDefault("frozen", 0L));
                    migration
                            .micros()
                            .forEach((phase, micros) -> phases.computeIfAbsent(phase, p -> new ArrayList<>())
                                    .add(micros));
                }
            }
        } finally {
            mig(List.of("kill", "-s", "KILL", subject.name()));
        }
        StringBuilder detail = new StringBuilder();
        phases.forEach((phase, values) -> detail.append(" %s %.1f".formatted(phase, Median.of(values) / 1e3)));
        System.out.printf(
                "%-12s %10.1f %10.1f %7.2f %10.1f  %s%n",
                subject.label(),
                Median.of(bare) / 1e3,
                Median.of(frozen) / 1e3,
                (double) Median.of(frozen) / Median.of(bare),
                first / 1e3,
                detail);
    }

    private MigrationResource move(Subject subject, String host) throws IOException, InterruptedException {
        MigrationResource migration =
                api.post("/migrations", new MoveOrder(subject.name(), host, null), MigrationResource.class);
        while (!migration.ended())
            migration = api.get("/migrations/" + migration.id() + "?wait=20", MigrationResource.class);
        if (migration.state() != MoveState.SETTLED)
            throw new IOException(migration.state() + ": " + migration.message());
        return migration;
    }

    private String mig(List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(mig);
        command.addAll(arguments);
        return Shell.run(command);
    }

    private static String setting(String name) {
        String value = System.getProperty(name);
        if (value == null) throw new IllegalArgumentException("-D" + name + " is not given; use ./tomte bench");
        return value;
    }

    private static Map<String, String> options(String[] args) {
        Map<String, String> options = new LinkedHashMap<>();
        for (int i = 0; i + 1 < args.length; i += 2) {
            if (!args[i].startsWith("--")) throw new IllegalArgumentException("not an option: " + args[i]);
            options.put(args[i].substring(2), args[i + 1]);
        }
        if (args.length % 2 != 0)
            throw new IllegalArgumentException("an option without a value: " + args[args.length - 1]);
        return options;
    }
}

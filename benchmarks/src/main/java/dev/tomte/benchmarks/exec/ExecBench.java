package dev.tomte.benchmarks.exec;

import dev.tomte.benchmarks.freeze.Median;
import dev.tomte.benchmarks.rest.Api;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Request.Launch.Begins;
import dev.tomte.contracts.rest.MigrationResource;
import dev.tomte.contracts.rest.RunOrder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Starts a command at home and on an idle host of the fleet that is up, in turn, through REST as mig does, and prints how
 * long it takes from the asking until its first word is here, and until its end is known.
 */
public final class ExecBench {
    private final Api api;

    private ExecBench(Api api) {
        this.api = api;
    }

    /** When what happened, microseconds after the asking. */
    private record Run(long word, long end, ProcessStatus status) {}

    /** @param args rounds (20) */
    public static void main(String[] args) throws IOException, InterruptedException {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 20;
        ExecBench bench = new ExecBench(Api.ofFleet());
        Map<Begins, List<Run>> runs = new LinkedHashMap<>();
        Map<MoveState, List<Long>> states = new LinkedHashMap<>();
        for (int round = -2; round < rounds; round++)
            for (Begins begins : List.of(Begins.HOME, Begins.AWAY)) {
                Run run = bench.run(begins);
                // the first ones are of cold code
                if (round < 0) continue;
                runs.computeIfAbsent(begins, any -> new ArrayList<>()).add(run);
                if (begins == Begins.AWAY)
                    bench.states(run.status())
                            .forEach((state, micros) -> states.computeIfAbsent(state, any -> new ArrayList<>())
                                    .add(micros));
            }
        print("first word", runs, 0);
        print("end known", runs, 1);
        StringBuilder phases = new StringBuilder("of the move, ms after its asking:");
        states.forEach((state, micros) ->
                phases.append(String.format(Locale.ROOT, " %s %.0f", state, Median.of(micros) / 1e3)));
        System.out.println(phases);
        System.out.printf(
                "medians of %d; load %s%n",
                rounds, Files.readString(Path.of("/proc/loadavg")).strip());
    }

    private static void print(String what, Map<Begins, List<Run>> runs, int which) {
        Map<Begins, Double> medians = new LinkedHashMap<>();
        runs.forEach((begins, all) -> medians.put(
                begins,
                Median.of(all.stream()
                                .map(run -> which == 0 ? run.word() : run.end())
                                .toList())
                        / 1e3));
        double local = medians.getOrDefault(Begins.HOME, 0.0);
        double remote = medians.getOrDefault(Begins.AWAY, 0.0);
        System.out.printf(
                Locale.ROOT,
                "%-10s  at home %6.1f ms, on an idle host %6.1f ms, ratio %.2f%n",
                what,
                local,
                remote,
                remote / local);
    }

    private Run run(Begins begins) throws IOException, InterruptedException {
        RunOrder order = new RunOrder(null, "ws1", List.of("echo", "here"), Map.of(), null, null, false, begins);
        long asked = System.nanoTime();
        ProcessStatus started = api.post("/processes", order, ProcessStatus.class);
        String path = "/processes/" + started.process();
        long word;
        try (InputStream log = api.stream(path + "/log?follow=true")) {
            if (log.read() < 0) throw new IOException("it said nothing: " + started);
            word = micros(asked);
            log.transferTo(OutputStream.nullOutputStream());
        }
        ProcessStatus status;
        do status = api.get(path + "?wait=20", ProcessStatus.class);
        while (status.isLiving());
        long end = micros(asked);
        if (status.isAway() != (begins == Begins.AWAY)) throw new IOException("it ran where it should not: " + status);
        return new Run(word, end, status);
    }

    private Map<MoveState, Long> states(ProcessStatus process) throws IOException, InterruptedException {
        MigrationResource move = api.get("/migrations?process=" + process.process(), MigrationResource[].class)[0];
        Map<MoveState, Long> all = new LinkedHashMap<>();
        var begun = move.times().get(MoveState.REQUESTED);
        if (begun == null) return all;
        for (MoveState state : MoveState.values()) {
            var at = move.times().get(state);
            if (at != null) all.put(state, Duration.between(begun, at).toNanos() / 1000);
        }
        return all;
    }

    private static long micros(long since) {
        return (System.nanoTime() - since) / 1000;
    }
}

package dev.tomte.benchmarks.exec;

import dev.tomte.benchmarks.freeze.Median;
import dev.tomte.benchmarks.rest.Api;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Request.Launch.Begins;
import dev.tomte.contracts.rest.MigrationResource;
import dev.tomte.contracts.rest.RunOrder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Prints how long it takes on the fleet that is up to select an idle host for a command, and to release it: all services
 * have this machine's time of day, so what they say of it can be compared.
 */
public final class SelectBench {
    /** Its move has ended when it ends; its last word is the time, in nanoseconds. */
    private static final List<String> COMMAND = List.of("sh", "-c", "sleep 0.5; date +%s%N");

    private final Api api;
    private final List<Long> placed = new ArrayList<>();
    private final List<Long> waiting = new ArrayList<>();
    private final List<Long> released = new ArrayList<>();

    private SelectBench(Api api) {
        this.api = api;
    }

    /** @param args rounds (20) */
    public static void main(String[] args) throws IOException, InterruptedException {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 20;
        Api api = Api.ofFleet();
        // the first ones are of cold code
        for (int round = 0; round < 2; round++) new SelectBench(api).round();
        SelectBench bench = new SelectBench(api);
        for (int round = 0; round < rounds; round++) bench.round();
        bench.print("asked until placed", bench.placed);
        bench.print("  of that since its home has it", bench.waiting);
        bench.print("ended until released", bench.released);
        System.out.printf(
                "medians of %d; load %s%n",
                rounds, Files.readString(Path.of("/proc/loadavg")).strip());
    }

    private void print(String what, List<Long> micros) {
        System.out.printf(Locale.ROOT, "%-32s %6.1f ms%n", what, Median.of(micros) / 1e3);
    }

    private void round() throws IOException, InterruptedException {
        RunOrder order = new RunOrder(null, "ws1", COMMAND, Map.of(), null, null, false, Begins.AWAY);
        Instant asked = Instant.now();
        ProcessStatus started = api.post("/processes", order, ProcessStatus.class);
        String path = "/processes/" + started.process();
        ProcessStatus status;
        do status = api.get(path + "?wait=20", ProcessStatus.class);
        while (status.isLiving());
        // a replica that knows of the end counts the guest no more: the next may be placed there
        Instant known = Instant.now();
        Instant ended = Instant.EPOCH.plusNanos(api.get(path + "/log", Long.class));
        MigrationResource move = api.get("/migrations?process=" + started.process(), MigrationResource[].class)[0];
        Instant chosen = move.times().get(MoveState.PLACED);
        if (!status.isAway() || !move.ended() || chosen == null)
            throw new IOException("it was not placed as it should be: " + status + " by " + move);
        placed.add(micros(asked, chosen));
        waiting.add(micros(started.started(), chosen));
        released.add(micros(ended, known));
    }

    private static long micros(Instant from, Instant to) {
        return Duration.between(from, to).toNanos() / 1000;
    }
}

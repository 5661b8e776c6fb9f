package dev.tomte.benchmarks.placement;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Cause;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.contracts.Migration;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Reason;
import dev.tomte.contracts.SharePolicy;
import dev.tomte.migration.placement.Limits;
import dev.tomte.migration.placement.Movable;
import dev.tomte.migration.placement.Move;
import dev.tomte.migration.placement.Placement;
import dev.tomte.migration.placement.Snapshot;
import dev.tomte.migration.placement.Ties;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * An office of workstations of one core each, step by step, whose moves are decided by {@link Placement}. Owners who are at
 * work start batches of processes now and then, as pmake did; a host is available when its owner has not used it for 30 s.
 * The same seed gives the same month.
 */
final class Month {
    static final int DAY = 24 * 3600;
    private static final int STEP = 5;
    /** With nothing new, placement is asked so often: rests end. */
    private static final int ASK_EVERY = 30;

    private static final int QUIET = 30;
    private static final double BATCH_EVERY = 40 * 60;
    private static final int LARGEST_BATCH = 10;
    private static final double SHORT_WORK = 3 * 60;
    private static final double LONG_WORK = 45 * 60;
    private static final double LONG_SHARE = 0.1;
    private static final Instant MONDAY = Instant.parse("2026-06-01T00:00:00Z");

    private final boolean shares;
    private final Random random;
    private final Map<String, Owner> owners = new LinkedHashMap<>();
    private final Map<String, Job> jobs = new LinkedHashMap<>();
    private final Map<String, Arrival> moving = new LinkedHashMap<>();
    private final Map<String, Set<String>> held = new HashMap<>();
    private final Map<Reason, Integer> moves = new EnumMap<>(Reason.class);
    private double time;
    private double idleSeconds;
    private double usedSeconds;
    private double hostSeconds;
    private double guestOnBusySeconds;
    private double stoodStill;
    private double slowdowns;
    private double awayWork;
    private double allWork;
    private int ended;
    private int started;
    private long decisions;
    private long decidingNanos;

    private record Arrival(Job job, String target, Reason reason, double at) {}

    /**
     * What a month came to.
     *
     * @param idle share of the time in which hosts were available
     * @param used share of that in which a guest ran there
     * @param slowdown how much longer a process took than alone on a host, on average
     * @param away share of the work that was done away
     * @param stoodStill seconds in which processes stood for moves and owners, for each hour of their work
     * @param guestOnBusy seconds in which a guest ran on a host that its owner used
     * @param evictionsPerHour of the whole office
     */
    record Result(
            double idle,
            double used,
            double slowdown,
            double away,
            double stoodStill,
            double guestOnBusy,
            double evictionsPerHour,
            int processes,
            Map<Reason, Integer> moves,
            long decisions,
            double microsPerDecision) {}

    Month(int hosts, boolean shares, long seed) {
        this.shares = shares;
        this.random = new Random(seed);
        for (int i = 0; i < hosts; i++) owners.put("ws" + i, new Owner(new Random(seed + i)));
    }

    Result run(int days) {
        double asked = 0;
        for (time = 0; time < (double) days * DAY; time += STEP) {
            boolean changed = comeAndGo();
            changed |= begin();
            changed |= arrive();
            if (shares && (changed || time - asked >= ASK_EVERY)) {
                asked = time;
                decide();
            }
            work();
        }
        return result(days);
    }

    private boolean comeAndGo() {
        boolean any = false;
        for (Map.Entry<String, Owner> entry : owners.entrySet()) {
            String host = entry.getKey();
            Owner owner = entry.getValue();
            boolean wasAvailable = isAvailable(owner);
            if (owner.advance(time)) {
                any = true;
                if (owner.isActive()) held.put(host, new HashSet<>(guests(host)));
            }
            if (isAvailable(owner)) held.remove(host);
            any |= wasAvailable != isAvailable(owner) || (!owner.isActive() && time - owner.changed() == QUIET);
        }
        return any;
    }

    private boolean isAvailable(Owner owner) {
        return !owner.isActive() && time - owner.changed() >= QUIET;
    }

    private List<String> guests(String host) {
        return jobs.values().stream()
                .filter(job -> job.isAway() && job.holder.equals(host))
                .map(job -> job.id)
                .toList();
    }

    private boolean begin() {
        boolean any = false;
        for (Map.Entry<String, Owner> entry : owners.entrySet()) {
            if (!entry.getValue().isActive() || random.nextDouble() > STEP / BATCH_EVERY) continue;
            any = true;
            for (int i = 0, size = 1 + random.nextInt(LARGEST_BATCH); i < size; i++) {
                double mean = random.nextDouble() < LONG_SHARE ? LONG_WORK : SHORT_WORK;
                String id = "p-" + started++;
                double work = 1 + entry.getValue().exponential(mean);
                jobs.put(id, new Job(id, entry.getKey(), time, work, (1L + random.nextInt(200)) << 20));
            }
        }
        return any;
    }

    private boolean arrive() {
        List<Arrival> here =
                moving.values().stream().filter(move -> move.at() <= time).toList();
        for (Arrival move : here) {
            Job job = move.job();
            moving.remove(job.id);
            if (!jobs.containsKey(job.id)) continue;
            job.moves.add(migration(job, job.holder, move.target(), move.reason(), MoveState.SETTLED));
            letGo(job);
            job.holder = move.target();
            job.since = time;
            moves.merge(move.reason(), 1, Integer::sum);
            // whose owner came while it was on its way
            Owner owner = owners.get(move.target());
            if (job.isAway() && owner != null && owner.isActive())
                held.computeIfAbsent(move.target(), any -> new HashSet<>()).add(job.id);
        }
        return !here.isEmpty();
    }

    private void decide() {
        Instant now = now();
        List<Availability> hosts = new ArrayList<>();
        owners.forEach((name, owner) -> hosts.add(host(name, owner, now)));
        List<Movable> processes = new ArrayList<>();
        for (Job job : jobs.values())
            processes.add(Movable.of(
                    status(job), job.holder, job.moves, moving.containsKey(job.id), now, Limits.STANDARD, Ties.NONE));
        List<Snapshot.UnderWay> underWay = moving.values().stream()
                .map(move -> new Snapshot.UnderWay(move.job().id, move.job().holder, move.target()))
                .toList();
        Snapshot snapshot = new Snapshot(now, hosts, processes, underWay, Limits.STANDARD);
        long begun = System.nanoTime();
        List<Move> decided = Placement.decide(snapshot);
        decidingNanos += System.nanoTime() - begun;
        decisions++;
        for (Move move : decided) {
            Job job = jobs.get(move.process());
            if (job == null) throw new IllegalStateException("nobody is called " + move.process());
            // as benchmarks/freeze has it: some 100 ms, and more for more memory
            double lasts = 0.15 + job.memory / 150e6;
            moving.put(job.id, new Arrival(job, move.target(), move.reason(), time + Math.max(STEP, lasts)));
            job.stoodStill += lasts;
            stoodStill += lasts;
        }
    }

    private Instant now() {
        return MONDAY.plus(Duration.ofMillis((long) (time * 1000)));
    }

    private Availability host(String name, Owner owner, Instant now) {
        boolean available = isAvailable(owner);
        Duration lasting = Duration.ofSeconds((long) (time - owner.changed() - (available ? QUIET : 0)));
        return new Availability(
                name,
                available ? Availability.State.AVAILABLE : Availability.State.UNAVAILABLE,
                available ? "no input" : "keyboard",
                now.minus(lasting),
                now,
                "",
                7001,
                7002,
                "",
                available ? 1 : 0,
                16L << 30,
                Set.of(),
                "6.18",
                0,
                new Availability.Sharing(
                        available ? Cause.NONE : owner.isActive() ? Cause.OWNER : Cause.SETTLING,
                        lasting.toMillis(),
                        null,
                        1,
                        0,
                        0,
                        held.getOrDefault(name, Set.of()),
                        "amd64",
                        "default",
                        SharePolicy.open(name, ""),
                        false));
    }

    private static ProcessStatus status(Job job) {
        Instant begun = MONDAY.plusSeconds((long) job.begun);
        return new ProcessStatus(
                job.id,
                job.id,
                ProcessStatus.DEFAULT_NAMESPACE,
                job.home,
                job.holder,
                "pod",
                1,
                ProcessStatus.State.RUNNING,
                1000,
                List.of("sh"),
                "/",
                begun,
                MONDAY.plusSeconds((long) job.since),
                null,
                0,
                0,
                job.memory,
                true,
                "");
    }

    private Migration migration(Job job, String from, String to, Reason reason, MoveState state) {
        Instant now = now();
        MovePlan plan = new MovePlan("m", job.id, "pod", 1, job.home, from, to, "", "", "", "", now);
        return new Migration(
                plan,
                job.id,
                state,
                reason,
                "placement",
                "",
                List.of(),
                "",
                Map.of(MoveState.REQUESTED, now, state, now),
                Map.of(),
                0,
                1);
    }

    private void work() {
        Map<String, Integer> running = new HashMap<>();
        for (Job job : jobs.values()) if (runs(job)) running.merge(job.holder, 1, Integer::sum);
        Set<String> used = new HashSet<>();
        for (Job job : List.copyOf(jobs.values())) {
            if (!runs(job)) {
                if (!moving.containsKey(job.id)) {
                    job.stoodStill += STEP;
                    stoodStill += STEP;
                }
                continue;
            }
            boolean ownerThere = owner(job.holder).isActive();
            double rate = 1.0 / (running.getOrDefault(job.holder, 1) + (ownerThere ? 1 : 0));
            job.done += rate * STEP;
            if (job.isAway()) {
                job.awaySeconds += rate * STEP;
                used.add(job.holder);
                if (ownerThere) guestOnBusySeconds += STEP;
            }
            if (job.done >= job.work) end(job);
        }
        for (Map.Entry<String, Owner> entry : owners.entrySet()) {
            hostSeconds += STEP;
            if (!isAvailable(entry.getValue())) continue;
            idleSeconds += STEP;
            if (used.contains(entry.getKey())) usedSeconds += STEP;
        }
    }

    private boolean runs(Job job) {
        return !moving.containsKey(job.id)
                && !held.getOrDefault(job.holder, Set.of()).contains(job.id);
    }

    private void letGo(Job job) {
        Set<String> there = held.get(job.holder);
        if (there != null) there.remove(job.id);
    }

    private Owner owner(String host) {
        Owner owner = owners.get(host);
        if (owner == null) throw new IllegalStateException("there is no " + host);
        return owner;
    }

    private void end(Job job) {
        jobs.remove(job.id);
        letGo(job);
        ended++;
        slowdowns += (time + STEP - job.begun) / job.work;
        awayWork += Math.min(job.awaySeconds, job.work);
        allWork += job.work;
    }

    private Result result(int days) {
        int evictions = moves.entrySet().stream()
                .filter(entry -> entry.getKey().isEviction())
                .mapToInt(Map.Entry::getValue)
                .sum();
        return new Result(
                idleSeconds / hostSeconds,
                usedSeconds / idleSeconds,
                slowdowns / Math.max(1, ended),
                awayWork / Math.max(1, allWork),
                stoodStill / Math.max(1, allWork) * 3600,
                guestOnBusySeconds,
                evictions / (days * 24.0),
                ended,
                Map.copyOf(moves),
                decisions,
                decisions == 0 ? 0 : decidingNanos / 1e3 / decisions);
    }
}

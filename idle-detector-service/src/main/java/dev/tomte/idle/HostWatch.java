package dev.tomte.idle;

import dev.tomte.idle.policy.Facts;
import dev.tomte.idle.policy.IdlePolicy;
import dev.tomte.idle.policy.Standing;
import dev.tomte.idle.signal.InputDevices;
import dev.tomte.idle.signal.LogindInhibitors;
import dev.tomte.idle.signal.LogindSessions;
import dev.tomte.idle.signal.MemoryLeft;
import dev.tomte.idle.signal.MonotonicClock;
import dev.tomte.idle.signal.OwnerCpu;
import dev.tomte.idle.signal.OwnerLoad;
import dev.tomte.idle.signal.Presence;
import dev.tomte.idle.signal.Pressure;
import dev.tomte.idle.signal.Reading;
import dev.tomte.idle.signal.RunQueue;
import dev.tomte.idle.signal.RunQueueAverages;
import dev.tomte.idle.signal.Stall;
import dev.tomte.idle.signal.Terminals;
import dev.tomte.linux.Errno;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * The signals and the standing of one host, without a thread and without waiting. One thread calls {@link #sample}; any
 * thread the rest.
 */
final class HostWatch {
    private static final System.Logger LOG = System.getLogger(HostWatch.class.getName());

    private final InputDevices input;
    private final Sampled<Presence> terminals;
    private final Sampled<Presence> sessions;
    private final Sampled<Presence> inhibitors;
    private final Sampled<OwnerLoad> load;
    private final Sampled<Stall> pressure;
    private final Sampled<Long> memory;
    private final Sampled<RunQueueAverages> runQueue;
    private final List<Sampled<?>> sampled;
    private final int cores;
    private final Supplier<IdlePolicy> policy;
    private final MonotonicClock clock;
    private final InstantSource wall;
    private final OwnerReturned ownerReturned;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile Told told;

    /** A standing, the facts it came from, and the time of day at which its state began. */
    private record Told(Standing standing, Facts facts, Instant since) {}

    HostWatch(
            Watched host,
            Supplier<IdlePolicy> policy,
            MonotonicClock clock,
            InstantSource wall,
            OwnerReturned ownerReturned)
            throws Errno {
        long now = clock.nanos();
        this.input = new InputDevices(host.input(), clock);
        this.terminals = new Sampled<>(new Terminals(host.terminals(), now), now);
        this.sessions = new Sampled<>(new LogindSessions(host.sessions(), now), now);
        this.inhibitors = new Sampled<>(new LogindInhibitors(host.inhibitors(), now), now);
        this.load = new Sampled<>(new OwnerCpu(host.cgroup(), host.guests()), now);
        this.pressure = new Sampled<>(new Pressure(host.cgroup(), host.guests()), now);
        this.memory = new Sampled<>(new MemoryLeft(Path.of("/proc/meminfo"), host.cgroup(), host.memory()), now);
        this.runQueue = new Sampled<>(new RunQueue(host.cgroup(), Path.of("/proc"), host.guests()), now);
        this.sampled = List.of(terminals, sessions, inhibitors, load, pressure, memory, runQueue);
        this.cores = host.cores();
        this.policy = policy;
        this.clock = clock;
        this.wall = wall;
        this.ownerReturned = ownerReturned;
        this.told = new Told(policy.get().begin(now), facts(now), wall.instant());
    }

    InputDevices input() {
        return input;
    }

    /** Reads what is due. */
    void sample() {
        long now = clock.nanos();
        for (Sampled<?> each : sampled) each.sample(now);
    }

    /**
     * Judges what has been read, and tells the agent if the owner is back.
     *
     * @return whether the state or its cause is another than before
     */
    boolean judge() {
        Standing before;
        Standing after;
        lock.lock();
        try {
            before = told.standing();
            Facts facts = facts(clock.nanos());
            after = policy.get().next(before, facts);
            told = new Told(after, facts, after.state() == before.state() ? told.since() : wall.instant());
        } finally {
            lock.unlock();
        }
        if (after.ownerReturnedAfter(before)) {
            // outside of the lock: whoever else looks meanwhile must not wait for the freeze
            try {
                ownerReturned.returned(after.why());
            } catch (RuntimeException e) {
                LOG.log(System.Logger.Level.ERROR, "the agent did not take the owner's return", e);
            }
        }
        return after.state() != before.state() || after.cause() != before.cause();
    }

    private Facts facts(long now) {
        return new Facts(
                now,
                input.read(now),
                terminals.last(),
                sessions.last(),
                inhibitors.last(),
                load.last(),
                pressure.last(),
                memory.last());
    }

    HostAvailability current() {
        Told latest = told;
        Standing standing = latest.standing();
        Facts facts = latest.facts();
        Optional<OwnerLoad> used = value(facts.load());
        return new HostAvailability(
                standing.state(),
                standing.cause(),
                standing.why(),
                latest.since(),
                Duration.ofNanos(facts.now() - standing.since()),
                used.map(both -> Math.max(0, cores - both.owner() - both.guests()))
                        .orElse(0.0),
                value(facts.memory()).orElse(0L),
                List.of(facts.input(), facts.terminals(), facts.sessions(), facts.inhibitors()).stream()
                        .flatMap(reading -> value(reading).stream())
                        .filter(presence -> presence.kind() != Presence.Kind.WATCHED)
                        .map(presence -> Duration.ofNanos(Math.max(0, facts.now() - presence.at())))
                        .min(Duration::compareTo),
                used,
                value(runQueue.last()));
    }

    private static <T> Optional<T> value(Reading<T> reading) {
        return reading instanceof Reading.Known<T>(T value, long at) ? Optional.of(value) : Optional.empty();
    }
}

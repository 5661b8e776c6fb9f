package dev.tomte.migration.view;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Migration;
import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.MoveTable;
import dev.tomte.contracts.Outcome;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Request;
import dev.tomte.contracts.rest.MigrationResource;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The fleet as the topics tell it, in memory. Any thread may ask; what is told twice changes nothing. What has ended is
 * forgotten after {@link #MEMORY}.
 */
public final class FleetView {
    public static final Duration MEMORY = Duration.ofDays(1);
    /** Less than MEMORY: whoever was started has long been seen, or will never be. */
    private static final Duration START_MEMORY = Duration.ofHours(12);

    private final InstantSource wall;
    private final LongSupplier nanos;
    private final Map<String, Availability> hosts = new ConcurrentHashMap<>();
    private final Map<String, Heard> heard = new ConcurrentHashMap<>();
    private final Map<String, ProcessStatus> processes = new ConcurrentHashMap<>();
    private final Map<String, Migration> migrations = new ConcurrentHashMap<>();
    /** The newest settled move of each process: its home may not have told yet where it is. */
    private final Map<String, Migration> settled = new ConcurrentHashMap<>();

    private final Map<String, Outcome> failedStarts = new ConcurrentHashMap<>();
    private final Map<String, Outcome> turnedAway = new ConcurrentHashMap<>();
    private final Map<String, Starting> starting = new ConcurrentHashMap<>();
    private final List<Consumer<Change>> watchers = new CopyOnWriteArrayList<>();
    private final List<Consumer<Migration>> menders = new CopyOnWriteArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /**
     * Somebody asked for a process that nobody has answered for yet.
     *
     * @param partition of the requests, likewise offset
     */
    public record Starting(Request.Run run, int partition, long offset) {}

    /**
     * When a host was last heard of.
     *
     * @param at by the clock that nobody sets
     * @param age nanoseconds that what it said had then
     */
    private record Heard(long at, long age) {}

    public FleetView() {
        this(InstantSource.system(), System::nanoTime);
    }

    /** @param nanos a clock that nobody sets */
    FleetView(InstantSource wall, LongSupplier nanos) {
        this.wall = wall;
        this.nanos = nanos;
    }

    /** Which host holds a process, at which epoch. */
    public record Place(String holder, long epoch) {}

    /**
     * Takes what a host says of itself. From then on its time is this replica's, and what passes is measured by a clock
     * that nobody sets: a host is silent by neither its own time of day nor that of others.
     *
     * @param isLive whether it has said so just now; else that is told by the times of day
     */
    public void heard(Availability host, boolean isLive) {
        Duration age = Duration.between(host.at(), wall.instant());
        heard.put(host.host(), new Heard(nanos.getAsLong(), isLive || age.isNegative() ? 0 : age.toNanos()));
        take(host);
    }

    private Availability asHeard(Availability host) {
        Heard last = heard.get(host.host());
        if (last == null) return host;
        return said(host, wall.instant().minusNanos(last.age() + nanos.getAsLong() - last.at()));
    }

    private static Availability said(Availability host, Instant at) {
        return new Availability(
                host.host(),
                host.state(),
                host.why(),
                host.since(),
                at,
                host.address(),
                host.agentPort(),
                host.originPort(),
                host.root(),
                host.freeCpu(),
                host.freeMemory(),
                host.cpuFeatures(),
                host.kernel(),
                host.guests(),
                host.sharing());
    }

    /** Takes it with its own time. */
    public void take(Availability host) {
        update(() -> {
            Availability before = hosts.put(host.host(), host);
            // said again every few seconds; an event only if it says something else
            return before != null
                            && before.state() == host.state()
                            && before.guests() == host.guests()
                            && before.sharing().cause() == host.sharing().cause()
                            && before.sharing().held().equals(host.sharing().held())
                            && before.sharing().notice().equals(host.sharing().notice())
                            && before.sharing().policy().equals(host.sharing().policy())
                    ? null
                    : new Change("host", host.host(), host);
        });
    }

    public void take(ProcessStatus process) {
        update(() -> {
            starting.remove(process.process());
            return process.equals(processes.put(process.process(), process))
                    ? null
                    : new Change("process", process.process(), process);
        });
    }

    /**
     * Takes a journal entry, unless it is one of an owner that had already been replaced: that is dropped, and whoever
     * mends is told what stands instead.
     */
    public void take(Migration entry) {
        update(() -> {
            Migration known = migrations.get(entry.id());
            if (entry.equals(known)) return null;
            if (known != null && isStale(known, entry)) {
                menders.forEach(mender -> mender.accept(known));
                return null;
            }
            migrations.put(entry.id(), entry);
            if (entry.state() == MoveState.SETTLED)
                settled.merge(
                        entry.plan().process(),
                        entry,
                        (old, now) -> now.plan().epoch() >= old.plan().epoch() ? now : old);
            return new Change("migration", entry.id(), MigrationResource.of(entry));
        });
    }

    private static boolean isStale(Migration known, Migration entry) {
        if (entry.generation() < known.generation()) return true;
        if (known.state() == entry.state()) return false;
        return entry.generation() == known.generation()
                ? !MoveTable.isAhead(known.state(), entry.state())
                : known.state().isFinal();
    }

    /** Keeps what matters of an outcome: a start that failed, a move that was turned away. */
    public void take(Outcome outcome) {
        update(() -> {
            if (outcome.migration() != null
                    && outcome.state() == MoveState.REFUSED
                    && outcome.host().isEmpty()) turnedAway.put(outcome.migration(), outcome);
            if (outcome.migration() == null && !outcome.ok()) {
                // a signal's outcome names a process that is known
                if (!processes.containsKey(outcome.process())) failedStarts.put(outcome.process(), outcome);
                starting.remove(outcome.process());
            }
            return null;
        });
    }

    /** Remembers that a process was asked for, until it is seen or its start has failed. */
    public void take(Request request, int partition, long offset) {
        if (!(request instanceof Request.Run run)) return;
        update(() -> {
            boolean answered = processes.containsKey(run.process()) || failedStarts.containsKey(run.process());
            if (!answered) starting.put(run.process(), new Starting(run, partition, offset));
            return null;
        });
    }

    public void dropHost(String host) {
        hosts.remove(host);
        heard.remove(host);
    }

    public void dropProcess(String process) {
        processes.remove(process);
    }

    public void dropMigration(String migration) {
        migrations.remove(migration);
    }

    /** Forgets what ended long ago; of migrations the journal's owner says when, see {@link #outdated}. */
    public void forget(Instant now) {
        Instant limit = now.minus(MEMORY);
        processes.values().removeIf(p -> !p.isLiving() && p.since().isBefore(limit));
        settled.keySet().retainAll(processes.keySet());
        failedStarts.values().removeIf(o -> o.at().isBefore(limit));
        turnedAway.values().removeIf(o -> o.at().isBefore(limit));
        starting.values().removeIf(s -> s.run().at().isBefore(now.minus(START_MEMORY)));
    }

    /** The migrations that ended long ago. */
    public List<Migration> outdated(Instant now) {
        Instant limit = now.minus(MEMORY);
        return migrations.values().stream()
                .filter(m -> m.state().isFinal() && lastChange(m).isBefore(limit))
                .toList();
    }

    public static Instant lastChange(Migration migration) {
        return migration.times().values().stream()
                .max(Comparator.naturalOrder())
                .orElse(Instant.EPOCH);
    }

    public List<Availability> hosts() {
        return sorted(hosts.values().stream().map(this::asHeard).toList(), Comparator.comparing(Availability::host));
    }

    public Optional<Availability> host(String name) {
        return Optional.ofNullable(hosts.get(name)).map(this::asHeard);
    }

    /** Newest first. */
    public List<ProcessStatus> processes() {
        return sorted(
                processes.values(), Comparator.comparing(ProcessStatus::started).reversed());
    }

    public Optional<ProcessStatus> process(String id) {
        return Optional.ofNullable(processes.get(id));
    }

    /** By id, or by name, perhaps with its namespace: the living one before those that have ended, and of those the newest. */
    public Optional<ProcessStatus> find(String reference) {
        return find(reference, any -> true);
    }

    /** Likewise, as if there were no others than {@code those}. */
    public Optional<ProcessStatus> find(String reference, Predicate<ProcessStatus> those) {
        return process(reference)
                .filter(those)
                .or(() -> processes().stream()
                        .filter(p -> p.isMeantBy(reference) && those.test(p))
                        .min(Comparator.comparing(p -> !p.isLiving())));
    }

    /** The living process of that name. */
    public Optional<ProcessStatus> named(String name) {
        return processes.values().stream()
                .filter(p -> p.isLiving() && p.name().equals(name))
                .findAny();
    }

    /** Where a process is: as its home says, or as its last move's journal does if that is newer. */
    public Place place(ProcessStatus process) {
        Migration last = settled.get(process.process());
        return last != null
                        && last.plan().incarnation().equals(process.incarnation())
                        && last.plan().nextEpoch() > process.epoch()
                ? new Place(last.plan().target(), last.plan().nextEpoch())
                : new Place(process.holder(), process.epoch());
    }

    /** Newest first. */
    public List<Migration> migrations() {
        return sorted(
                migrations.values(),
                Comparator.comparing((Migration m) -> m.times().getOrDefault(MoveState.REQUESTED, Instant.EPOCH))
                        .reversed());
    }

    public Optional<Migration> migration(String id) {
        return Optional.ofNullable(migrations.get(id));
    }

    /** The moves of this process that are under way. */
    public List<Migration> moving(String process) {
        return migrations.values().stream()
                .filter(m -> m.plan().process().equals(process) && !m.state().isFinal())
                .toList();
    }

    public Optional<Outcome> failedStart(String process) {
        return Optional.ofNullable(failedStarts.get(process));
    }

    /** Why a move that was asked for was not begun. */
    public Optional<Outcome> turnedAway(String migration) {
        return Optional.ofNullable(turnedAway.get(migration));
    }

    public Collection<Starting> starting() {
        return List.copyOf(starting.values());
    }

    /** Has {@code watcher} told of every change from now on, in the thread that brings it; it must not block. */
    public AutoCloseable watch(Consumer<Change> watcher) {
        watchers.add(watcher);
        return () -> watchers.remove(watcher);
    }

    /** Has {@code mender} told of an entry that somebody overwrote who no longer might. */
    public AutoCloseable onOverwritten(Consumer<Migration> mender) {
        menders.add(mender);
        return () -> menders.remove(mender);
    }

    /** Asks again after each change, until there is an answer or the limit has passed. */
    public <T> Optional<T> await(Duration limit, Supplier<Optional<T>> question) throws InterruptedException {
        long left = limit.toNanos();
        lock.lock();
        try {
            while (true) {
                Optional<T> answer = question.get();
                if (answer.isPresent() || left <= 0) return answer;
                left = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Has those who wait ask again. */
    void touch() {
        update(() -> null);
    }

    /** Changes the maps under the lock, and says what watchers should know of it. */
    private interface Update {
        @Nullable
        Change apply();
    }

    private void update(Update update) {
        Change change;
        lock.lock();
        try {
            change = update.apply();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (change != null) watchers.forEach(watcher -> watcher.accept(change));
    }

    private static <T> List<T> sorted(Collection<T> all, Comparator<T> order) {
        return all.stream().sorted(order).toList();
    }
}

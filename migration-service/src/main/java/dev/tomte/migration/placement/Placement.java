package dev.tomte.migration.placement;

import dev.tomte.contracts.Availability;
import dev.tomte.contracts.Cause;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.Reason;
import dev.tomte.contracts.Rejected;
import dev.tomte.contracts.SharePolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which moves are to be asked for: a pure function from a snapshot of hosts and processes.
 *
 * <ul>
 *   <li>First those leave that must: while a host is not its guests' any more and has some, they go, to another idle host
 *       or home.
 *   <li>Then those are placed that are shared and at home: the longest waiting first, to the host with the fewest guests
 *       among those that fit, and of these to the one that has been idle longest.
 *   <li>Where nobody is idle they stay at home.
 *   <li>What has not begun, and is to begin elsewhere, comes before what only would do better elsewhere; where nobody is
 *       idle its "move" is from its home to its home: it begins there, or ends.
 * </ul>
 */
public final class Placement {
    /** A journal entry names no more hosts than this that were not taken. */
    static final int NAMED = 16;
    /** Cores: less than this is none that a guest could have. */
    private static final double NO_CORE = 0.25;

    /** How many times longer than a new process settles the API may need to choose for it. */
    private static final int CHOOSING = 3;

    private final Snapshot snapshot;
    private final Limits limits;
    private final Room room;
    private final List<Move> moves = new ArrayList<>();

    private Placement(Snapshot snapshot) {
        this.snapshot = snapshot;
        this.limits = snapshot.limits();
        this.room = new Room(snapshot);
    }

    /** Why a process must leave. */
    private record Eviction(Movable one, Reason reason, String why) {}

    public static List<Move> decide(Snapshot snapshot) {
        Placement placement = new Placement(snapshot);
        placement.evict();
        placement.place();
        return List.copyOf(placement.moves);
    }

    /** Where a process is to begin: at another host; or, where none fits, a move from its home to its home. */
    public static Move choose(Snapshot snapshot, Movable one) {
        Placement placement = new Placement(snapshot);
        Optional<Availability> best = placement.best(one, placement.open());
        if (best.isEmpty()) return placement.nowhere(one);
        placement.move(one, best.get().host(), Reason.PLACEMENT, placement.praise(best.get()));
        return placement.moves.getLast();
    }

    /** What would become of one process, were it alone to be decided on. */
    public static Explanation explain(Snapshot snapshot, Movable one) {
        return new Placement(snapshot).explain(one);
    }

    private void evict() {
        List<Eviction> all = new ArrayList<>();
        for (Movable one : snapshot.processes()) eviction(one).ifPresent(all::add);
        // the owner first; of those that are there for load, who occupies most: so the fewest leave
        all.sort(Comparator.comparing((Eviction each) -> each.reason() == Reason.PRESSURE)
                .thenComparing(each -> each.one().process().memory(), Comparator.reverseOrder())
                .thenComparing(each -> each.one().id()));
        for (Eviction each : all) {
            if (room.isFull()) return;
            if (mayLeave(each)) leave(each);
        }
    }

    /** One after the other where the host is only short: each may be the last that had to. */
    private boolean mayLeave(Eviction each) {
        int leaving = room.leaving(each.one().holder());
        return each.reason() == Reason.PRESSURE ? leaving == 0 : leaving < limits.evictionsPerHost();
    }

    private void leave(Eviction each) {
        Movable one = each.one();
        Optional<Availability> other =
                one.recentMoves() >= limits.movesPerHour() || one.tie().isPresent()
                        ? Optional.empty()
                        : best(one, open());
        String target = other.map(Availability::host).orElse(one.home());
        String home = "home, for " + one.tie().orElse("no other host fits");
        move(
                one,
                target,
                each.reason(),
                each.why() + "; " + other.map(this::praise).orElse(home));
    }

    private Optional<Eviction> eviction(Movable one) {
        if (!one.isAway() || one.moving() || isUnreachable(one)) return Optional.empty();
        if (one.staysUntil().isAfter(snapshot.now())) return Optional.empty();
        // without its home nothing can move: it waits where it is
        if (!room.isHeard(one.holder()) || !room.isHeard(one.home())) return Optional.empty();
        Availability host = room.host(one.holder()).orElseThrow();
        SharePolicy policy = host.sharing().policy();
        if (policy.drains()) return evicted(one, Reason.DRAIN, host.host() + " is being emptied");
        if (host.sharing().notice().leaving().contains(one.id()))
            return evicted(one, Reason.DRAIN, "its pod at %s is to go".formatted(host.host()));
        if (!policy.mayImport(one.process().user()))
            return evicted(
                    one,
                    Reason.POLICY,
                    "%s imports %s".formatted(host.host(), policy.imports().word()));
        if (host.sharing().held().contains(one.id())) return evicted(one, Reason.OWNER, back(host));
        if (host.state() == Availability.State.AVAILABLE || one.putThere()) return Optional.empty();
        return switch (host.sharing().cause()) {
            case OWNER -> evicted(one, Reason.OWNER, back(host));
            case UNKNOWN ->
                Room.lasting(host).compareTo(limits.unknownLasts()) >= 0
                        ? evicted(
                                one,
                                Reason.OWNER,
                                "nothing tells whether %s is free: %s".formatted(host.host(), host.why()))
                        : Optional.empty();
            case LOAD -> host.freeCpu() < NO_CORE ? evicted(one, Reason.PRESSURE, shortage(host)) : Optional.empty();
            case PRESSURE, MEMORY -> evicted(one, Reason.PRESSURE, shortage(host));
            case SETTLING, NONE -> Optional.empty();
        };
    }

    private static Optional<Eviction> evicted(Movable one, Reason reason, String why) {
        return Optional.of(new Eviction(one, reason, why));
    }

    private static String back(Availability host) {
        return host.sharing().cause() == Cause.OWNER
                ? "the owner of %s is back: %s".formatted(host.host(), host.why())
                : "the owner of %s was back: %s".formatted(host.host(), host.why());
    }

    private static String shortage(Availability host) {
        return "%s runs short: %s".formatted(host.host(), host.why());
    }

    private static boolean isUnreachable(Movable one) {
        return one.process().state() != ProcessStatus.State.RUNNING && !one.waits();
    }

    private void place() {
        List<Availability> open = open();
        List<Movable> waiting = new ArrayList<>();
        for (Movable one : snapshot.processes()) if (staying(one).isEmpty()) waiting.add(one);
        if (open.isEmpty() && waiting.stream().noneMatch(Movable::waits)) return;
        waiting.sort(Comparator.comparing((Movable one) -> !one.waits())
                .thenComparing(one -> one.process().since())
                .thenComparing(Movable::id));
        for (Movable one : waiting) {
            if (room.isFull() || (open.isEmpty() && !one.waits())) return;
            if (room.moves(one.home()) >= limits.movesPerHost() && !one.waits()) continue;
            Optional<Availability> best = best(one, open);
            if (best.isEmpty() && one.waits()) moves.add(nowhere(one));
            if (best.isEmpty()) continue;
            String target = best.get().host();
            move(one, target, Reason.PLACEMENT, praise(best.get()));
            // of all hosts only these two are other than before
            open.removeIf(host -> (host.host().equals(target) || host.host().equals(one.home()))
                    && closed(host).isPresent());
        }
    }

    private Move nowhere(Movable one) {
        return new Move(
                one.id(),
                one.home(),
                one.home(),
                Reason.PLACEMENT,
                "no host is idle that it could begin at",
                rejected(one, one.home()));
    }

    private void move(Movable one, String target, Reason reason, String why) {
        moves.add(new Move(one.id(), one.holder(), target, reason, why, rejected(one, target)));
        room.begin(one, target);
    }

    /** Why a process is not to be placed at all, whatever hosts there are. */
    private Optional<String> staying(Movable one) {
        if (one.waits()) return stillWaiting(one);
        if (one.tie().isPresent()) return one.tie();
        if (!one.process().shared()) return Optional.of("it stays where somebody puts it (mig run --here, or --home)");
        if (one.moving()) return Optional.of("it moves");
        if (one.isAway()) return Optional.of("it is away already");
        if (isUnreachable(one)) return Optional.of("it cannot be reached");
        if (!room.isHeard(one.home())) return Optional.of(one.home() + ", its home, has not been heard of");
        SharePolicy policy = room.host(one.home()).orElseThrow().sharing().policy();
        if (!policy.mayExport(one.process().user()))
            return Optional.of(
                    "%s exports %s".formatted(one.home(), policy.exports().word()));
        if (hasJustBegun(one, limits.settle())) return Optional.of("it has only just begun");
        if (one.restsUntil().isAfter(snapshot.now())) {
            long left = Duration.between(snapshot.now(), one.restsUntil()).toSeconds() + 1;
            return Optional.of("it rests for another %d s after its last move".formatted(left));
        }
        if (one.recentMoves() >= limits.movesPerHour())
            return Optional.of("it has moved %d times within an hour".formatted(one.recentMoves()));
        return Optional.empty();
    }

    /** Whoever was asked for it chooses at once; it is chosen for here when nothing has come of that. */
    private Optional<String> stillWaiting(Movable one) {
        if (one.moving()) return Optional.of("it moves");
        return hasJustBegun(one, limits.settle().multipliedBy(CHOOSING))
                ? Optional.of("it has only just been asked for")
                : Optional.empty();
    }

    /** By its home's time of day: one that is far from this one's says nothing, or it would wait for this one to get there. */
    private boolean hasJustBegun(Movable one, Duration ago) {
        return Duration.between(one.process().started(), snapshot.now()).abs().compareTo(ago) < 0;
    }

    /** The hosts that would take in something, whatever it is. */
    private List<Availability> open() {
        List<Availability> open = new ArrayList<>();
        for (Availability host : room.hosts()) if (closed(host).isEmpty()) open.add(host);
        return open;
    }

    private Optional<Availability> best(Movable one, List<Availability> open) {
        Availability best = null;
        Rank rank = null;
        for (Availability host : open) {
            Rank its = rank(host);
            boolean better = rank == null || ORDER.compare(its, rank) < 0;
            // asked last: whether it fits takes longest to say
            if (!better || unfit(one, host).isPresent()) continue;
            best = host;
            rank = its;
        }
        return Optional.ofNullable(best);
    }

    private record Rank(int guests, Duration idle, String name) {}

    private static final Comparator<Rank> ORDER = Comparator.comparingInt(Rank::guests)
            .thenComparing(Rank::idle, Comparator.reverseOrder())
            .thenComparing(Rank::name);

    private Rank rank(Availability host) {
        return new Rank(room.guests(host.host()), Room.lasting(host), host.host());
    }

    private String praise(Availability host) {
        int guests = room.guests(host.host());
        return "%s has been idle for %s and has %s"
                .formatted(
                        host.host(),
                        words(Room.lasting(host)),
                        guests == 0 ? "no guest" : guests == 1 ? "one guest" : guests + " guests");
    }

    private static String words(Duration time) {
        if (time.toMinutes() < 2) return time.toSeconds() + " s";
        return time.toHours() < 2 ? time.toMinutes() + " min" : time.toHours() + " h";
    }

    /** What speaks against a host, whatever is to come. */
    private Optional<String> closed(Availability host) {
        String name = host.host();
        if (host.isSilent(snapshot.now())) return Optional.of("it has not been heard of since " + host.at());
        SharePolicy policy = host.sharing().policy();
        if (policy.drains()) return Optional.of("it is being emptied");
        if (host.sharing().notice().cordoned()) return Optional.of("it is cordoned");
        if (host.state() != Availability.State.AVAILABLE) return Optional.of("not idle: " + host.why());
        int most = limits.guestsPerCore() * host.sharing().cores();
        if (room.guests(name) >= most)
            return Optional.of("it has %d guests, on %d cores"
                    .formatted(room.guests(name), host.sharing().cores()));
        if (room.moves(name) >= limits.movesPerHost())
            return Optional.of("%d moves are under way there".formatted(room.moves(name)));
        return Optional.empty();
    }

    /** What speaks against this process on an open host. */
    private Optional<String> unfit(Movable one, Availability host) {
        if (host.host().equals(one.home())) return Optional.of("it is its home");
        if (host.host().equals(one.holder())) return Optional.of("it is there");
        SharePolicy policy = host.sharing().policy();
        if (!policy.mayImport(one.process().user()))
            return Optional.of("it imports " + policy.imports().word());
        if (one.avoided().contains(host.host())) return Optional.of("a move there failed lately");
        if (one.isMemoryKnown() && one.process().memory() > room.memory(host))
            return Optional.of("it has only %d MiB of memory to spare, of %d needed"
                    .formatted(
                            Math.max(0, room.memory(host)) >> 20, one.process().memory() >> 20));
        Optional<Availability> home = room.host(one.home());
        if (home.isEmpty()) return Optional.of("nothing is known of its home");
        return unlike(home.get(), host)
                .or(() -> lacking(home.get(), host))
                .or(() -> room.host(one.holder()).flatMap(holder -> lacking(holder, host)));
    }

    private static Optional<String> unlike(Availability home, Availability host) {
        if (!host.sharing().pool().equals(home.sharing().pool()))
            return Optional.of("it belongs to the pool " + host.sharing().pool());
        if (!host.sharing().architecture().equals(home.sharing().architecture()))
            return Optional.of("its architecture is " + host.sharing().architecture());
        if (Kernel.isOlder(host.kernel(), home.kernel()))
            return Optional.of("its kernel %s is older than %s".formatted(host.kernel(), home.kernel()));
        return Optional.empty();
    }

    /** A program may have chosen its instructions by what the processor it was on can do. */
    private static Optional<String> lacking(Availability from, Availability host) {
        if (host.cpuFeatures().containsAll(from.cpuFeatures())) return Optional.empty();
        Set<String> missing = new TreeSet<>(from.cpuFeatures());
        missing.removeAll(host.cpuFeatures());
        return Optional.of("its processor lacks " + String.join(" ", missing));
    }

    private List<Rejected> rejected(Movable one, String target) {
        List<Rejected> all = new ArrayList<>();
        int others = 0;
        for (Availability host : room.hosts()) {
            if (host.host().equals(target)) continue;
            if (all.size() == NAMED) others++;
            else all.add(new Rejected(host.host(), against(one, host).orElse("%s was better".formatted(target))));
        }
        if (others > 0) all.add(new Rejected("others", others + " more hosts were not taken"));
        return all;
    }

    /** That it is its home or its holder is said first: its state does not matter then. */
    private Optional<String> against(Movable one, Availability host) {
        if (host.host().equals(one.home())) return Optional.of("it is its home");
        if (host.host().equals(one.holder())) return Optional.of("it had to leave it");
        return closed(host).or(() -> unfit(one, host));
    }

    private Explanation explain(Movable one) {
        Optional<Eviction> eviction = eviction(one);
        Optional<String> staying = staying(one);
        Set<String> fit = new HashSet<>();
        for (Availability host : open()) if (unfit(one, host).isEmpty()) fit.add(host.host());
        List<Rejected> hosts = new ArrayList<>();
        for (Availability host : room.hosts()) {
            String verdict = host.host().equals(one.holder())
                    ? "it is there"
                    : against(one, host).orElse(praise(host));
            hosts.add(new Rejected(host.host(), verdict));
        }
        String now;
        if (eviction.isPresent()) now = "it must leave: " + eviction.get().why();
        else if (one.isAway() && !room.isHeard(one.home()))
            now = "it stays: without its home %s, which has not been heard of, nothing moves".formatted(one.home());
        else if (staying.isPresent()) now = "it stays: " + staying.get();
        else if (fit.isEmpty()) now = "it stays at home: no idle host fits";
        else now = "it is about to be placed";
        return new Explanation(now, hosts);
    }
}

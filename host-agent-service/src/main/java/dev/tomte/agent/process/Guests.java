package dev.tomte.agent.process;

import dev.tomte.agent.pod.Pod;
import dev.tomte.agent.pod.StubLine;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.contracts.Request.Launch;
import dev.tomte.home.mount.GuestMount;
import dev.tomte.wire.Holding;
import dev.tomte.wire.ProcessKey;
import io.prometheus.client.Counter;
import io.prometheus.client.Histogram;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The guests of this host: processes whose home is elsewhere. Any thread. */
public final class Guests {
    private static final Logger LOG = LoggerFactory.getLogger(Guests.class);
    private static final int REMEMBERED = 200;
    /** A task that waits in a file call does not stop before that ends; what is measured says so. */
    private static final Duration LOOKS_FOR = Duration.ofSeconds(1);

    private static final Counter OWNER_RETURNS = Counter.build(
                    "tomte_owner_returns_total",
                    "How often this host's owner has come back, with guests here or without.")
            .register();
    private static final Histogram HOLD_SECONDS = Histogram.build(
                    "tomte_owner_return_frozen_seconds",
                    "From the detector's word that the owner is back until all guests stand still, where there were any.")
            .buckets(.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1)
            .register();

    private final Site site;
    private final Mounting mounting;
    private final Map<String, Guest> byPod = new ConcurrentHashMap<>();
    /** What those that have left had used, by process and epoch: their homes ask once more. */
    private final Map<ProcessKey, Long> departed = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<ProcessKey, Long> eldest) {
            return size() > REMEMBERED;
        }
    };

    private volatile boolean found;

    /** How a guest's files are brought. */
    public interface Mounting {
        GuestMount open(StubLine stub, MovePlan plan, long epoch) throws IOException;

        /** null: there is none to take up. */
        @Nullable
        GuestMount resume(StubLine stub, MovePlan plan, long epoch) throws IOException;
    }

    public Guests(Site site, Mounting mounting) {
        this.site = site;
        this.mounting = mounting;
    }

    Collection<Guest> all() {
        return byPod.values();
    }

    public int count() {
        return byPod.size();
    }

    /** What they occupy, and what is kept for those that arrive, bytes. */
    long memoryBytes() throws IOException {
        long sum = 0;
        for (Guest guest : byPod.values()) sum += guest.memoryBytes();
        return sum;
    }

    /** The cgroups of all that is here for others. */
    public List<Path> cgroups() {
        return byPod.values().stream()
                .flatMap(guest -> guest.pod().cgroups().stream())
                .toList();
    }

    /** The owner is back: every guest stops, and those stand that are on their way in. Returns when all are told to. */
    public void hold(String why) {
        OWNER_RETURNS.inc();
        List<Guest> all = List.copyOf(byPod.values());
        Histogram.Timer since = HOLD_SECONDS.startTimer();
        for (Guest guest : all) attempt(guest, "stopped", Guest::hold);
        if (all.isEmpty()) return;
        LOG.info("{} guests stand still: {}", all.size(), why);
        site.threads().execute(() -> {
            for (Guest guest : all) attempt(guest, "noted as held", Guest::noteHeld);
        });
        site.threads().execute(() -> {
            for (Guest guest : all)
                attempt(guest, "seen to stand", it -> it.tree().awaitStanding(LOOKS_FOR));
            since.observeDuration();
        });
    }

    /** After a restart, when moves have been taken up: what was held is held on. */
    public void holdOn(Predicate<String> isMoving) {
        for (Guest guest : byPod.values())
            attempt(guest, "held on", it -> it.holdOn(isMoving.test(it.pod().process())));
    }

    /** The owner has left: those that are still here go on. */
    public void release() {
        for (Guest guest : byPod.values()) attempt(guest, "let go", Guest::release);
    }

    /** The processes of the guests that are held. */
    public Set<String> held() {
        return byPod.values().stream()
                .filter(Guest::isHeld)
                .map(guest -> guest.pod().process())
                .collect(Collectors.toUnmodifiableSet());
    }

    @FunctionalInterface
    private interface Step {
        void take(Guest guest) throws IOException;
    }

    private static void attempt(Guest guest, String what, Step step) {
        try {
            step.take(guest);
        } catch (IOException e) {
            if (guest.pod().isAlive()) LOG.error("{} is not {}: {}", guest.pod().process(), what, e.getMessage());
        }
    }

    /** Takes up the pods that are there; to be called once, before moves recover. */
    public void recover(List<Pod> pods) throws IOException {
        for (Pod pod : pods) {
            if (pod.isHome()) continue;
            Guest guest = null;
            try {
                if (pod.isAlive()) guest = Guest.resume(site, pod, mounting, this::left);
            } catch (IOException | RuntimeException e) {
                LOG.error("guest pod {} cannot be taken up: {}", pod.id(), e.getMessage());
                // It may run: what cannot be told is left alone.
                if (pod.isAlive()) continue;
            }
            if (guest == null) site.pods().remove(pod);
            else byPod.put(pod.id(), guest);
        }
        found = true;
    }

    /** Takes down all that was room for other migrations than these, and never ran. */
    void takeDownOthers(Set<String> migrations) {
        for (Guest guest : byPod.values())
            if (!guest.note().runs() && !migrations.contains(guest.note().plan().migration())) guest.leave();
    }

    /** Makes room for the tree of a plan, which is known to occupy so many bytes; 0: not known. */
    Guest open(MovePlan plan, Launch launch, long memory) throws IOException {
        Pod pod = site.pods().makeGuest(plan.process(), plan.incarnation(), launch, memory);
        try {
            Guest guest = Guest.mount(site, pod, plan, mounting, this::left);
            byPod.put(pod.id(), guest);
            return guest;
        } catch (IOException | RuntimeException e) {
            site.pods().remove(pod);
            throw e;
        }
    }

    /** The room that was made for this migration. */
    Optional<Guest> find(MovePlan plan) {
        return byPod.values().stream()
                .filter(guest -> guest.note().plan().migration().equals(plan.migration()))
                .findFirst();
    }

    /** What runs, or stands, here of a process at that epoch. */
    Optional<Guest> at(String process, String incarnation, long epoch) {
        return byPod.values().stream()
                .filter(guest -> guest.pod().process().equals(process)
                        && guest.pod().incarnation().equals(incarnation)
                        && guest.note().epoch() == epoch)
                .findFirst();
    }

    /**
     * What there is here of a process that its home's register says is held here at that epoch: also a copy of an earlier
     * epoch, which after a rollback does not know yet that it counts one on.
     */
    private Optional<Guest> held(String process, String incarnation, long epoch) {
        return byPod.values().stream()
                .filter(guest -> guest.pod().process().equals(process)
                        && guest.pod().incarnation().equals(incarnation)
                        && guest.note().epoch() <= epoch)
                .max(Comparator.comparingLong(guest -> guest.note().epoch()));
    }

    private void left(Guest guest, long cpuMicros) {
        synchronized (departed) {
            departed.put(guest.key(), cpuMicros);
        }
        byPod.remove(guest.pod().id(), guest);
    }

    /** For the home that asks. */
    Holding holding(String caller, ProcessKey key) throws IOException {
        if (!found) throw new IOException("the agent still looks for its pods");
        Optional<Guest> guest = held(key.getProcess(), key.getIncarnation(), key.getEpoch())
                .filter(it -> it.home().host().equals(caller));
        if (guest.isEmpty()) {
            Holding.Builder nothing = Holding.newBuilder().setState(Holding.State.NOTHING);
            synchronized (departed) {
                Long used = departed.get(key);
                if (used != null) nothing.setCpuMicros(used);
            }
            return nothing.build();
        }
        Guest it = guest.get();
        Holding.State state = it.tree().isFrozen() ? Holding.State.FROZEN : Holding.State.RUNNING;
        return Holding.newBuilder()
                .setState(state)
                .setCpuMicros(it.tree().cpuMicros())
                .setMemoryBytes(it.tree().memoryBytes())
                .build();
    }

    /** Guests whose home is no more end; to be called now and then. */
    public void lookAfter() {
        for (Guest guest : byPod.values()) site.threads().execute(() -> lookAfter(guest));
    }

    private void lookAfter(Guest guest) {
        try {
            if (!site.neighbours().isHomeGone(guest.home(), guest.key())) {
                guest.fit();
                return;
            }
            LOG.warn("{} has no home any more", guest.pod().process());
            guest.leave();
        } catch (IOException e) {
            LOG.debug("the home of {} does not answer", guest.pod().process(), e);
        }
    }

    /** Leaves the pods to a later agent; their files wait for it. */
    public void close() {
        byPod.values().forEach(Guest::detach);
    }
}

package dev.tomte.agent.process;

import dev.tomte.agent.move.Rooms;
import dev.tomte.agent.pod.Pod;
import dev.tomte.agent.tree.Tree;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.contracts.Names;
import dev.tomte.contracts.Request.Launch;
import dev.tomte.contracts.SharePolicy;
import dev.tomte.linux.ProcFs;
import dev.tomte.stub.Phase;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** The pods of this host as moves see them: its own home pods, and its guests'. */
public final class HostRooms implements Rooms {
    /** A dump that an earlier life of the agent began is never killed, only waited for. */
    private static final Duration DUMP_PATIENCE = Duration.ofMinutes(2);
    /** Less than this is no room for anything. */
    private static final long LEAST_MEMORY = 64L << 20;

    private final Site site;
    private final HomeProcesses homes;
    private final Guests guests;
    private final long memory;
    private final Supplier<SharePolicy> policy;

    /**
     * @param memory bytes that may be available at most; 0: what the machine has
     * @param policy whose processes are taken in; asked for every one
     */
    public HostRooms(Site site, HomeProcesses homes, Guests guests, long memory, Supplier<SharePolicy> policy) {
        this.site = site;
        this.homes = homes;
        this.guests = guests;
        this.memory = memory;
        this.policy = policy;
    }

    /** Memory that a guest could have, bytes. */
    public long freeMemory() throws IOException {
        long available = ProcFs.availableMemory();
        return memory > 0 ? Math.min(memory, available) : available;
    }

    private boolean isHome(MovePlan plan) {
        return plan.home().equals(site.host());
    }

    private HomeProcess home(MovePlan plan) throws IOException {
        return homes.find(plan.process(), plan.incarnation())
                .orElseThrow(() -> new IOException("the home pod of " + plan.process() + " has ended"));
    }

    @Override
    public Tree.Room open(MovePlan plan, Launch launch) throws IOException {
        long free = freeMemory();
        if (free < LEAST_MEMORY)
            throw new IOException(site.host() + " has only " + (free >> 20) + " MiB of memory free");
        if (isHome(plan)) return new HomeRoom(site, home(plan), plan.nextEpoch());
        String user = Names.user(launch.uid());
        if (!policy.get().mayImport(user))
            throw new IOException(site.host() + " takes in no process of " + user + ": its owner's policy");
        return guests.open(plan, launch);
    }

    @Override
    public Optional<Tree.Room> find(MovePlan plan) throws IOException {
        if (!isHome(plan)) return guests.find(plan).map(guest -> guest);
        return homes.find(plan.process(), plan.incarnation())
                .map(process -> new HomeRoom(site, process, plan.nextEpoch()));
    }

    @Override
    public void takeDownOthers(Set<String> migrations) throws IOException {
        guests.takeDownOthers(migrations);
        for (HomeProcess process : homes.all()) {
            MovePlan expected = process.note().expected();
            if (expected != null && migrations.contains(expected.migration())) continue;
            if (process.pod().isAlive() && process.state().phase() == Phase.AWAY)
                new HomeRoom(site, process, 0).destroy();
        }
    }

    @Override
    public Optional<Tree> tree(MovePlan plan) throws IOException {
        return isHome(plan) ? treeAtHome(plan) : treeOfGuest(plan);
    }

    private Optional<Tree> treeAtHome(MovePlan plan) throws IOException {
        Optional<HomeProcess> process = homes.find(plan.process(), plan.incarnation());
        if (process.isEmpty() || !process.get().pod().isAlive()) return Optional.empty();
        HomeProcess there = process.get();
        if (there.note().hereEpoch() != plan.epoch() || there.state().phase() != Phase.HERE) return Optional.empty();
        awaitDump(there.pod());
        return Optional.of(there.tree());
    }

    private Optional<Tree> treeOfGuest(MovePlan plan) throws IOException {
        Optional<Guest> guest = guests.at(plan.process(), plan.incarnation(), plan.epoch());
        if (guest.isEmpty() || !guest.get().pod().isAlive()) return Optional.empty();
        if (guest.get().stub().ask(stub -> stub.state()).phase() != Phase.HERE) return Optional.empty();
        awaitDump(guest.get().pod());
        return Optional.of(guest.get().tree());
    }

    private static void awaitDump(Pod pod) throws IOException {
        if (!pod.tools().awaitEmpty(DUMP_PATIENCE)) throw new IOException("criu has not ended in pod " + pod.id());
    }

    @Override
    public void stays(MovePlan plan, long epoch) throws IOException {
        if (isHome(plan)) {
            Optional<HomeProcess> process = homes.find(plan.process(), plan.incarnation());
            if (process.isPresent() && process.get().note().hereEpoch() == plan.epoch())
                process.get().remember(note -> note.here(epoch));
            return;
        }
        Optional<Guest> guest = guests.at(plan.process(), plan.incarnation(), plan.epoch());
        if (guest.isPresent()) guest.get().stays(epoch);
    }

    @Override
    public void left(MovePlan plan) throws IOException {
        if (isHome(plan)) return;
        guests.at(plan.process(), plan.incarnation(), plan.epoch()).ifPresent(Guest::leave);
    }
}

package dev.tomte.agent.process;

import dev.tomte.agent.move.Rooms;
import dev.tomte.agent.pod.Pod;
import dev.tomte.agent.tree.Tree;
import dev.tomte.contracts.Command.MovePlan;
import dev.tomte.contracts.Names;
import dev.tomte.contracts.Request.Launch;
import dev.tomte.contracts.SharePolicy;
import dev.tomte.linux.MemoryBound;
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
     * @param memory bytes that guests may have in all; 0: what the machine has
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
        return memory > 0 ? Math.clamp(memory - guests.memoryBytes(), 0, available) : available;
    }

    private boolean isHome(MovePlan plan) {
        return plan.home().equals(site.host());
    }

    private HomeProcess home(MovePlan plan) throws IOException {
        return homes.find(plan.process(), plan.incarnation())
                .orElseThrow(() -> new IOException("the home pod of " + plan.process() + " has ended"));
    }

    @Override
    public Tree.Room open(MovePlan plan, Launch launch, long memory) throws IOException {
        // what is too small for anything needs no pod to be found so
        requireFree(plan, freeFor(plan), LEAST_MEMORY);
        if (isHome(plan)) return new HomeRoom(site, homes, home(plan), plan.nextEpoch());
        String user = Names.user(launch.uid());
        if (!policy.get().mayImport(user))
            throw new IOException(site.host() + " takes in no process of " + user + ": its owner's policy");
        return guests.open(plan, launch, memory);
    }

    @Override
    public void admit(MovePlan plan, long memoryBytes) throws IOException {
        Optional<Guest> guest = isHome(plan) ? Optional.empty() : guests.find(plan);
        keepFree(plan, guest, memoryBytes);
        // others need not wait for what the cluster says
        if (guest.isPresent()) guest.get().require(memoryBytes);
    }

    private synchronized void keepFree(MovePlan plan, Optional<Guest> guest, long memoryBytes) throws IOException {
        requireFree(plan, freeFor(plan), memoryBytes);
        // until it runs, its images are in memory beside it
        requireFree(plan, ProcFs.availableMemory(), 2 * memoryBytes + LEAST_MEMORY);
        requireOwn(plan, MemoryBound.left(), memoryBytes + LEAST_MEMORY);
        guest.ifPresent(it -> it.expect(memoryBytes));
    }

    /** All of it may change until it stands: then it is here twice, and, restored, once more. */
    @Override
    public long precopyRoom(MovePlan plan, long memoryBytes) throws IOException {
        long room = memoryBytes + memoryBytes / 4;
        boolean fits = ProcFs.availableMemory() >= 2 * memoryBytes + room + LEAST_MEMORY
                && MemoryBound.left() >= memoryBytes + room + LEAST_MEMORY;
        return fits ? room : 0;
    }

    /** A host always takes its own in again, whatever it gives to guests. */
    private long freeFor(MovePlan plan) throws IOException {
        return isHome(plan) ? ProcFs.availableMemory() : freeMemory();
    }

    /** This agent writes the images, on a tmpfs: they count for it. */
    private void requireOwn(MovePlan plan, long left, long needed) throws IOException {
        if (left >= needed) return;
        throw new IOException(
                "the agent of %s may have %d MiB more of memory itself, and takes %d MiB while %s arrives: raise its limit, or choose another host"
                        .formatted(site.host(), left >> 20, needed >> 20, plan.process()));
    }

    private void requireFree(MovePlan plan, long free, long needed) throws IOException {
        if (free >= needed) return;
        throw new IOException("%s has %d MiB of memory free, and %s needs %d MiB: choose another host"
                .formatted(site.host(), free >> 20, plan.process(), needed >> 20));
    }

    @Override
    public Optional<Tree.Room> find(MovePlan plan) throws IOException {
        if (!isHome(plan)) return guests.find(plan).map(guest -> guest);
        return homes.find(plan.process(), plan.incarnation())
                .map(process -> new HomeRoom(site, homes, process, plan.nextEpoch()));
    }

    @Override
    public void takeDownOthers(Set<String> migrations) throws IOException {
        guests.takeDownOthers(migrations);
        for (HomeProcess process : homes.all()) {
            MovePlan expected = process.note().expected();
            if (expected != null && migrations.contains(expected.migration())) continue;
            if (process.pod().isAlive() && process.state().phase() == Phase.AWAY)
                new HomeRoom(site, homes, process, 0).destroy();
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
        if (there.note().hereEpoch() != plan.epoch()) return Optional.empty();
        Phase phase = there.state().phase();
        if (phase == Phase.EMPTY) return Optional.of(new Unbegun(there));
        if (phase != Phase.HERE) return Optional.empty();
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
        if (!pod.awaitToolsEnd(DUMP_PATIENCE)) throw new IOException("criu has not ended in pod " + pod.id());
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

package dev.tomte.agent.process;

import dev.tomte.agent.move.MoveNotes;
import dev.tomte.agent.pod.StubLine;
import dev.tomte.contracts.Command.MovePlan;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Notes of moves, kept by the stubs of the pods concerned. */
public final class StubNotes implements MoveNotes {
    private static final String PREFIX = "move-";

    private final Site site;
    private final HomeProcesses homes;
    private final Guests guests;

    public StubNotes(Site site, HomeProcesses homes, Guests guests) {
        this.site = site;
        this.homes = homes;
        this.guests = guests;
    }

    @Override
    public void put(MovePlan plan, Role role, byte[] note) throws IOException {
        StubLine stub =
                keeper(plan, role).orElseThrow(() -> new IOException("the pod of " + plan.process() + " has ended"));
        stub.tell(connection -> connection.note(key(plan, role), note));
    }

    @Override
    public void clear(MovePlan plan, Role role) throws IOException {
        Optional<StubLine> stub = keeper(plan, role).filter(line -> line.pod().isAlive());
        if (stub.isPresent()) stub.get().tell(connection -> connection.note(key(plan, role), new byte[0]));
    }

    private static String key(MovePlan plan, Role role) {
        return PREFIX + role.name().toLowerCase(Locale.ROOT) + "-" + plan.migration();
    }

    private Optional<StubLine> keeper(MovePlan plan, Role role) {
        if (plan.home().equals(site.host()))
            return homes.find(plan.process(), plan.incarnation()).map(HomeProcess::stub);
        return switch (role) {
            // After a move that was undone it has the next epoch already.
            case SOURCE ->
                guests.at(plan.process(), plan.incarnation(), plan.epoch())
                        .or(() -> guests.at(plan.process(), plan.incarnation(), plan.nextEpoch()))
                        .map(Guest::stub);
            case TARGET -> guests.find(plan).map(Guest::stub);
        };
    }

    @Override
    public List<byte[]> all() throws IOException {
        List<byte[]> all = new ArrayList<>();
        for (HomeProcess process : homes.all()) collect(process.stub(), all);
        for (Guest guest : guests.all()) collect(guest.stub(), all);
        return all;
    }

    private static void collect(StubLine stub, List<byte[]> all) throws IOException {
        if (!stub.pod().isAlive()) return;
        Map<String, byte[]> notes = stub.ask(connection -> connection.notes());
        notes.forEach((key, note) -> {
            if (key.startsWith(PREFIX)) all.add(note);
        });
    }
}

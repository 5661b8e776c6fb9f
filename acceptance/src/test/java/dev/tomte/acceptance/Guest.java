package dev.tomte.acceptance;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tomte.contracts.MoveState;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.rest.MigrationResource;
import dev.tomte.contracts.rest.MoveOrder;
import dev.tomte.contracts.rest.RunOrder;
import dev.tomte.contracts.rest.SignalOrder;
import dev.tomte.fleet.Slowness;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** On the fleet. */
final class Guest implements Traveller {
    private static final Duration LIMIT = Slowness.limit(Duration.ofMinutes(3));
    private static final Duration BEAT = Duration.ofMillis(20);

    private final Fleet fleet;
    private final String id;
    private final String name;

    private Guest(Fleet fleet, ProcessStatus status) {
        this.fleet = fleet;
        this.id = status.process();
        this.name = status.name();
    }

    static Guest run(Fleet fleet, String home, String name, String... command) {
        return run(fleet, new RunOrder(name, home, List.of(command), Map.of(), null, null));
    }

    /** One that somebody else has started. */
    static Guest named(Fleet fleet, String name) {
        return new Guest(fleet, fleet.rest().get("/processes/" + name).as(ProcessStatus.class));
    }

    static Guest run(Fleet fleet, RunOrder order) {
        return new Guest(fleet, fleet.rest().post("/processes", order).as(ProcessStatus.class));
    }

    /** A shell that counts on its standard output and in NAME.txt; it stays where somebody puts it. */
    static Guest counter(Fleet fleet, String home, String name) {
        return counter(fleet, home, name, BEAT);
    }

    /** @param beat how long it sleeps between two numbers */
    static Guest counter(Fleet fleet, String home, String name, Duration beat) {
        return run(fleet, home, name, "sh", "-c", counting(name, beat));
    }

    /** The same, but it goes to idle hosts by itself. */
    static Guest shared(Fleet fleet, String home, String name) {
        List<String> command = List.of("sh", "-c", counting(name, BEAT));
        RunOrder order = new RunOrder(name, home, command, Map.of(), null, null, true);
        return new Guest(fleet, fleet.rest().post("/processes", order).as(ProcessStatus.class));
    }

    /** A shell's program that counts, as {@link #counter} does. */
    static String counting(String name) {
        return counting(name, BEAT);
    }

    private static String counting(String name, Duration beat) {
        return "trap 'stop=1' TERM; i=0; while [ -z \"$stop\" ]; do i=$((i+1)); echo $i; echo $i >> " + name
                + ".txt; sleep " + beat.toMillis() / 1000.0 + "; done; echo OK $i";
    }

    String id() {
        return id;
    }

    @Override
    public String name() {
        return name;
    }

    ProcessStatus status() {
        return fleet.rest().get("/processes/" + id).as(ProcessStatus.class);
    }

    String log() {
        Rest.Answer answer = fleet.rest().get("/processes/" + id + "/log");
        if (!answer.ok()) throw new AssertionError(answer.text());
        return answer.text();
    }

    @Override
    public List<String> lines() {
        return log().lines().toList();
    }

    /** Waits until it has printed so many lines more than it has now. */
    @Override
    public void progress(int more) {
        int wanted = lines().size() + more;
        await(name + " goes on")
                .atMost(LIMIT)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> {
                    ProcessStatus status = status();
                    if (!status.isLiving()) throw new AssertionError(name + " has ended: " + status + "\n" + tail());
                    return lines().size() >= wanted;
                });
    }

    Rest.Answer askToMigrate(String target) {
        return fleet.rest().post("/migrations", new MoveOrder(id, target, "a test"));
    }

    @Override
    public String begin(String target) {
        return askToMigrate(target).as(MigrationResource.class).id();
    }

    MigrationResource end(String migration) {
        return end(migration, LIMIT);
    }

    /** Waits for a migration's end, whichever it is. */
    MigrationResource end(String migration, Duration limit) {
        await(migration + " ends")
                .atMost(limit)
                .pollInterval(Duration.ofMillis(100))
                .until(() -> fleet.rest()
                        .get("/migrations/" + migration)
                        .as(MigrationResource.class)
                        .ended());
        return fleet.rest().get("/migrations/" + migration).as(MigrationResource.class);
    }

    MigrationResource migrate(String target) {
        MigrationResource migration = end(begin(target));
        assertEquals(MoveState.SETTLED, migration.state(), () -> name + " to " + target + ": " + migration);
        return migration;
    }

    /** Waits until its home says that it is there; the journal may know it earlier. */
    void awaitHolder(String host) {
        await(name + " is on " + host).atMost(LIMIT).until(() -> {
            ProcessStatus status = status();
            return status.holder().equals(host) && status.state() == ProcessStatus.State.RUNNING;
        });
    }

    @Override
    public void signal(String signal) {
        Rest.Answer answer = fleet.rest().post("/processes/" + id + "/signal", new SignalOrder(signal));
        assertTrue(answer.ok(), answer.text());
    }

    @Override
    public int awaitExit() {
        await(name + " ends").atMost(LIMIT).until(() -> !status().isLiving());
        Integer exit = status().exitStatus();
        if (exit == null) throw new AssertionError(name + " is lost: " + status());
        return exit;
    }

    @Override
    public End awaitEnd(String move) {
        MigrationResource end = end(move);
        return new End(end.state(), end.message(), end.times().containsKey(MoveState.FROZEN));
    }

    @Override
    public String refusal(String target) {
        Rest.Answer answer = askToMigrate(target);
        if (!answer.ok()) return answer.detail();
        return awaitEnd(answer.as(MigrationResource.class).id()).refusal();
    }

    @Override
    public String place() {
        return status().holder();
    }

    @Override
    public void close() {
        if (Fleet.isUp() && status().isLiving())
            fleet.rest().post("/processes/" + id + "/signal", new SignalOrder("KILL"));
    }
}

package dev.tomte.agent.process;

import dev.tomte.agent.move.Home;
import dev.tomte.agent.pod.Pod;
import dev.tomte.agent.process.Neighbours.Neighbour;
import dev.tomte.agent.process.Residents.Resident;
import dev.tomte.contracts.Command;
import dev.tomte.contracts.Outcome;
import dev.tomte.contracts.ProcessStatus;
import dev.tomte.contracts.ProcessStatus.State;
import dev.tomte.contracts.Request.Launch;
import dev.tomte.contracts.Request.Launch.Begins;
import dev.tomte.stub.Phase;
import dev.tomte.stub.Register;
import dev.tomte.stub.StandardStream;
import dev.tomte.stub.StubState;
import dev.tomte.wire.Holding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The processes whose home is this host. Any thread. */
public final class HomeProcesses {
    private static final Logger LOG = LoggerFactory.getLogger(HomeProcesses.class);

    /** HUP, INT, QUIT, KILL, TERM: what nobody can catch who has not begun. */
    private static final Set<Integer> FATAL = Set.of(1, 2, 3, 9, 15);

    private final Site site;
    private final Ended ended;
    private final Residents residents;
    private final Map<String, HomeProcess> living = new ConcurrentHashMap<>();
    private volatile boolean found;
    private volatile boolean ownerIsThere;

    /** @param state a directory on a disk */
    public HomeProcesses(Site site, Path state) throws IOException {
        this.site = site;
        this.ended = new Ended(state.resolve("ended"));
        this.residents = new Residents(state.resolve("residents"));
    }

    Collection<HomeProcess> all() {
        return living.values();
    }

    /** Whether all pods of an earlier life of the agent are known. */
    boolean isComplete() {
        return found;
    }

    Optional<HomeProcess> find(String process) {
        return Optional.ofNullable(living.get(process));
    }

    Optional<HomeProcess> find(String process, String incarnation) {
        return find(process).filter(it -> it.pod().incarnation().equals(incarnation));
    }

    /** Whether somebody uses this host: what comes home meanwhile gets only what others leave of the processors. */
    public void ownerIs(boolean there) {
        ownerIsThere = there;
        if (there) return;
        for (HomeProcess process : living.values()) yields(process, false);
    }

    /** One that has come home runs from now on. */
    void came(HomeProcess process) {
        if (ownerIsThere) yields(process, true);
    }

    private static void yields(HomeProcess process, boolean whether) {
        try {
            if (process.pod().isAlive()) process.tree().yields(whether);
        } catch (IOException e) {
            LOG.warn("the weight of {} stays: {}", process.pod().process(), e.getMessage());
        }
    }

    /** Takes up the pods that are there; to be called once, before any command. */
    public void recover(List<Pod> pods) throws IOException {
        for (Pod pod : pods) {
            if (!pod.isHome()) continue;
            HomeProcess process = new HomeProcess(site, pod, this::ended);
            Optional<ProcessStatus> last = ended.find(pod.process());
            if (last.isPresent()) {
                site.threads().execute(() -> finish(process, last.get()));
                continue;
            }
            living.put(pod.process(), process);
            residents.remember(process.status(), pod.record());
            if (pod.isAlive()) resume(process);
            else process.end(State.LOST, 9, "its home pod has died");
        }
        for (Resident one : residents.all())
            if (!living.containsKey(one.status().process())) missing(one);
        for (ProcessStatus status : ended.all()) site.statuses().publish(status);
        found = true;
    }

    /** Nothing is left of its pod but that it was here: the machine has been started anew. */
    private void missing(Resident one) throws IOException {
        // whoever has taken its pod's record away has not ended it
        if (one.isAlive()) return;
        String process = one.status().process();
        if (!hasEnded(process)) ended.remember(one.status().lost("its home ended with the host " + site.host()));
        residents.forget(process);
    }

    private void resume(HomeProcess process) {
        try {
            process.open();
            Starting.start(site.host(), process);
            process.publish(process.register());
            process.signals().passOn();
        } catch (IOException | Home.Gone e) {
            LOG.error("{} cannot be taken up: {}", process.pod().process(), e.getMessage());
        }
    }

    /** Starts a process; a repeated command starts nothing, and is answered the same. */
    public void start(Command.Start command) {
        String process = command.process();
        try {
            Optional<ProcessStatus> last = ended.find(process);
            HomeProcess there = living.get(process);
            if (last.isPresent()) site.statuses().publish(last.get());
            else if (there != null) site.statuses().publish(there.status());
            else startNew(command);
            tell(process, true, "");
        } catch (IOException | Home.Gone e) {
            LOG.warn("{} cannot be started: {}", process, e.getMessage());
            tell(process, false, "it cannot be started: " + e.getMessage());
        }
    }

    private void startNew(Command.Start command) throws IOException, Home.Gone {
        begin(site.pods().makeHome(command.process(), command.launch()));
    }

    /** Takes up a home pod that others have made, and starts its process. Again: nothing. */
    public void appear(Pod pod) throws IOException {
        if (living.containsKey(pod.process()) || hasEnded(pod.process())) return;
        try {
            begin(pod);
        } catch (Home.Gone e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private void begin(Pod pod) throws IOException, Home.Gone {
        HomeProcess process = new HomeProcess(site, pod, this::ended);
        living.put(pod.process(), process);
        try {
            residents.remember(process.status(), pod.record());
            process.open();
            Starting.start(site.host(), process);
            process.publish(process.register());
        } catch (IOException e) {
            living.remove(pod.process());
            residents.forget(pod.process());
            process.stub().close();
            site.pods().remove(pod);
            throw e;
        }
    }

    /**
     * No host takes what waits to begin elsewhere.
     *
     * @param isMoving whether a move of it is under way, which then decides
     */
    public void begin(Command.Begin command, boolean isMoving) {
        HomeProcess process = living.get(command.process());
        if (process == null || isMoving) return;
        try {
            if (!waitsHere(process)) return;
            if (process.pod().record().launch().begins() == Begins.AWAY) {
                process.end(State.ENDED, Launch.NOWHERE << 8, command.why());
                return;
            }
            Starting.begin(process);
            process.publish(process.register());
        } catch (IOException | Home.Gone e) {
            LOG.warn("{} does not begin here: {}", command.process(), e.getMessage());
        }
    }

    private boolean waitsHere(HomeProcess process) throws IOException, Home.Gone {
        return process.register().holder().equals(site.host()) && process.isWaiting();
    }

    /** @param isMoving whether a move of it is under way: what is told it then waits */
    public void signal(Command.Signal command, boolean isMoving) {
        HomeProcess process = living.get(command.process());
        try {
            if (process == null) {
                tell(command.process(), false, "it has ended");
                return;
            }
            if (!isMoving && FATAL.contains(command.signal()) && waitsHere(process))
                process.end(State.ENDED, command.signal(), "it was ended before it began");
            else process.signals().send(command.signal());
            tell(command.process(), true, "");
        } catch (IOException | Home.Gone e) {
            tell(command.process(), false, "the signal cannot be passed on: " + e.getMessage());
        }
    }

    public void expect(Command.Expect command) {
        HomeProcess process = living.get(command.process());
        if (process == null) return;
        try {
            process.expect(command.plan());
        } catch (IOException e) {
            LOG.warn("{} is not expected: {}", command.plan(), e.getMessage());
        }
    }

    private void tell(String process, boolean ok, String message) {
        site.outcomes().publish(new Outcome(process, site.host(), null, null, ok, message, Map.of(), 0, Instant.now()));
    }

    private void ended(HomeProcess process, ProcessStatus last) {
        try {
            ended.remember(last);
            residents.forget(last.process());
        } catch (IOException e) {
            LOG.error("the end of {} is not remembered: {}", process.pod().process(), e.getMessage());
        }
        site.threads().execute(() -> finish(process, last));
    }

    private void finish(HomeProcess process, ProcessStatus last) {
        Integer code = last.exitStatus();
        process.takeDown(last.state() == State.LOST || code == null ? 9 : code << 8);
        boundLog(process);
        living.remove(process.pod().process(), process);
        // Told when its log is complete.
        site.statuses().publish(last);
    }

    /** Asks the holders of those that are away how they are; to be called every other second. */
    public void lookAfter() {
        for (HomeProcess process : living.values()) site.threads().execute(() -> lookAfter(process));
    }

    private List<Path> logs(String process) {
        return Stream.of(StandardStream.values())
                .flatMap(stream -> site.pods().log(process, stream).stream())
                .toList();
    }

    private void boundLog(HomeProcess process) {
        try {
            for (Path log : logs(process.pod().process())) new ProcessLog(log).bound(ProcessLog.KEPT);
        } catch (IOException e) {
            LOG.warn("the log of {} is not bounded: {}", process.pod().process(), e.getMessage());
        }
    }

    private void lookAfter(HomeProcess process) {
        boundLog(process);
        try {
            Register register = process.register();
            if (register.holder().equals(site.host())) {
                atHome(process, register);
                return;
            }
            away(process, register);
        } catch (IOException | Home.Gone e) {
            LOG.debug("{} is not looked after now", process.pod().process(), e);
        }
    }

    private static void atHome(HomeProcess process, Register register) throws IOException {
        StubState state = process.state();
        if (state.phase() != Phase.HERE) return;
        process.occupies(process.tree().memoryBytes());
        process.refresh(register, State.RUNNING, "");
    }

    private void away(HomeProcess process, Register register) throws IOException {
        Neighbour holder = process.holder(register);
        Holding holding;
        try {
            holding = site.neighbours().ask(holder, process.key(register));
        } catch (IOException e) {
            process.refresh(register, State.UNREACHABLE, register.holder() + " does not answer");
            return;
        }
        switch (holding.getState()) {
            case NOTHING, UNRECOGNIZED -> {
                if (process.missed(register.epoch()) >= 2)
                    process.end(State.LOST, 9, register.holder() + " has nothing of it any more");
            }
            case RUNNING, FROZEN, EXITED -> {
                process.used(register.epoch(), holding.getCpuMicros());
                process.occupies(holding.getMemoryBytes());
                boolean stands = holding.getState() == Holding.State.FROZEN;
                process.refresh(register, State.RUNNING, stands ? "it stands still on " + register.holder() : "");
            }
        }
    }

    /** Forgets what has ended long ago, with its log. */
    public void forgetOld() {
        try {
            for (String process : ended.forgetOld()) {
                for (Path log : logs(process)) Files.deleteIfExists(log);
                site.statuses().forget(process);
            }
        } catch (IOException e) {
            LOG.warn("old processes are not forgotten: {}", e.getMessage());
        }
    }

    boolean hasEnded(String process) throws IOException {
        return ended.find(process).isPresent();
    }

    /** Leaves the pods to a later agent. */
    public void close() {
        living.values().forEach(process -> process.stub().close());
    }
}

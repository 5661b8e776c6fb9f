package dev.tomte.agent;

import dev.tomte.agent.bus.KeptOutcomes;
import dev.tomte.agent.bus.Voice;
import dev.tomte.agent.criu.CriuTool;
import dev.tomte.agent.move.Moves;
import dev.tomte.agent.move.Pause;
import dev.tomte.agent.move.PauseFiles;
import dev.tomte.agent.move.Surroundings;
import dev.tomte.agent.owner.OwnerWatch;
import dev.tomte.agent.owner.WishFile;
import dev.tomte.agent.peer.AgentServer;
import dev.tomte.agent.peer.Certificates;
import dev.tomte.agent.peer.FleetHomes;
import dev.tomte.agent.peer.FleetTargets;
import dev.tomte.agent.peer.Peers;
import dev.tomte.agent.peer.TransferServer;
import dev.tomte.agent.pod.Pod;
import dev.tomte.agent.pod.PodListener;
import dev.tomte.agent.pod.PodRuntime;
import dev.tomte.agent.process.Admissions;
import dev.tomte.agent.process.FuseMounting;
import dev.tomte.agent.process.Guests;
import dev.tomte.agent.process.HolderAnswers;
import dev.tomte.agent.process.HomeAnswers;
import dev.tomte.agent.process.HomeProcesses;
import dev.tomte.agent.process.HostRooms;
import dev.tomte.agent.process.PeerNeighbours;
import dev.tomte.agent.process.Site;
import dev.tomte.agent.process.StubNotes;
import dev.tomte.agent.transfer.ImageDirectories;
import dev.tomte.contracts.Availability.Notice;
import dev.tomte.contracts.Command;
import dev.tomte.contracts.SharePolicy;
import dev.tomte.home.origin.OriginServer;
import dev.tomte.idle.policy.IdlePolicy;
import dev.tomte.linux.Cgroup;
import io.prometheus.client.Counter;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One host's agent and home proxy, wired together. */
public final class HostAgent implements PodListener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostAgent.class);
    private static final int LOOK_SECONDS = 2;
    private static final int FORGET_MINUTES = 10;
    private static final Counter COMMANDS = Counter.build(
                    "tomte_commands_total", "Commands that this host has been given, repeated ones too.")
            .labelNames("command")
            .register();

    private final ExecutorService threads = Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("agent-", 0).factory());
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("agent-clock").factory());
    private final Peers peers;
    private final OriginServer origin;
    private final AgentServer server;
    private final TransferServer transfers;
    private final HomeProcesses homes;
    private final Guests guests;
    private final Moves moves;
    private final OwnerWatch owner;
    private final WishFile wish;
    private volatile Notice notice = Notice.NONE;

    /**
     * Starts everything: first finds the pods that are there, then takes up moves, then answers; commands are taken
     * from then on.
     *
     * @param idle when this host is idle, as it is meant now
     * @param pods of this host
     * @param voice how everybody is told of what happens here
     * @throws IOException if something that it needs is missing; the message names it
     */
    public HostAgent(HostConfig config, Supplier<IdlePolicy> idle, PodRuntime pods, Voice voice) throws IOException {
        Files.createDirectories(config.state());
        requireTmpfs(Files.createDirectories(config.run()));
        peers = new Peers(new Certificates(config.identity().directory()));
        KeptOutcomes outcomes = new KeptOutcomes(config.run().resolve("outcomes"), voice);
        LateFences fences = new LateFences();
        Site site = new Site(
                config.host(),
                pods,
                new CriuTool(config.tools(), config.run().resolve("criu")),
                new PeerNeighbours(peers, config.agentPort()),
                fences,
                voice,
                outcomes,
                threads);
        homes = new HomeProcesses(site, config.state());
        guests = new Guests(site, new FuseMounting(config.identity(), config.originPort()));
        wish = new WishFile(
                config.state().resolve("policy.json"),
                SharePolicy.open(config.host(), config.sharing().owner()));
        HostRooms rooms = new HostRooms(site, homes, guests, config.memory(), wish::policy);
        HomeAnswers answers = new HomeAnswers(site, homes);
        moves = new Moves(
                new Surroundings(
                        config.host(),
                        new FleetHomes(config.host(), answers, peers, config.agentPort()),
                        new FleetTargets(peers, config.agentPort(), config.identity(), config.imagesPort()),
                        rooms,
                        new ImageDirectories(config.run().resolve("images")),
                        new StubNotes(site, homes, guests),
                        outcomes,
                        Pause.REAL,
                        new PauseFiles(config.run().resolve("pause"), pauseAt(), Pause.REAL),
                        Surroundings.FREEZE_DEADLINE),
                threads);

        List<Pod> found = pods.find();
        homes.recover(found);
        origin = OriginServer.start(
                new OriginServer.Config(
                        new InetSocketAddress(config.address(), config.originPort()),
                        config.identity().directory(),
                        config.run().resolve("sessions")),
                new Admissions(homes));
        fences.are(origin);
        guests.recover(found);
        moves.recover();
        guests.holdOn(moves::isUnderWay);
        server = new AgentServer(
                new InetSocketAddress(config.address(), config.agentPort()),
                new Certificates(config.identity().directory()),
                moves,
                answers,
                new HolderAnswers(guests));
        transfers = new TransferServer(
                new InetSocketAddress(config.address(), config.imagesPort()), config.identity(), moves);
        owner = new OwnerWatch(
                config.sharing().detection(Cgroup.mount().resolve(config.cgroup()), idle, guests::cgroups),
                config.sharing().played(),
                homes,
                guests,
                new Presence(config, voice, rooms, guests, wish::policy, pods.guestLimits(), () -> notice));
        repeat(homes::lookAfter, LOOK_SECONDS, LOOK_SECONDS);
        repeat(guests::lookAfter, LOOK_SECONDS, LOOK_SECONDS);
        repeat(homes::forgetOld, 60, TimeUnit.MINUTES.toSeconds(FORGET_MINUTES));
        LOG.info("host {} is up at {}", config.host(), config.address());
    }

    private static String pauseAt() {
        String named = System.getenv("TOMTE_PAUSE_AT");
        return named == null ? "" : named;
    }

    /** Images of memory go there, and must never be on a disk. */
    private static void requireTmpfs(Path directory) throws IOException {
        FileStore store = Files.getFileStore(directory);
        if (!store.type().equals("tmpfs"))
            throw new IOException(directory + " is on " + store.type() + ", not on a tmpfs");
    }

    /** Does what a command says, or begins it; does not throw. One thread. */
    public void take(Command command) {
        String kind = command.getClass().getSimpleName();
        LOG.info("{} of {}", kind, command.process());
        COMMANDS.labels(kind.toLowerCase(Locale.ROOT)).inc();
        switch (command) {
            case Command.Start start -> homes.start(start);
            case Command.Begin begin -> homes.begin(begin, moves.isUnderWay(begin.process()));
            case Command.Signal signal -> homes.signal(signal, moves.isUnderWay(signal.process()));
            case Command.Expect expect -> homes.expect(expect);
            case Command.Prepare prepare -> moves.prepare(prepare);
            case Command.Move move -> moves.move(move);
            case Command.Abort abort -> moves.abort(abort);
            case Command.Policy policy -> {
                wish.change(policy);
                owner.say();
            }
            case Command.Play play -> owner.play(play.there());
            case Command.Unknown unknown -> LOG.warn("a command of a newer version is ignored");
        }
    }

    /** Takes up a home pod that others have made, and starts its process; nothing for one that is known. */
    @Override
    public void appear(Pod home) throws IOException {
        homes.appear(home);
    }

    @Override
    public void notice(Notice now) {
        notice = now;
        owner.say();
    }

    private void repeat(Runnable what, long after, long seconds) {
        var _ = clock.scheduleWithFixedDelay(
                () -> {
                    try {
                        what.run();
                    } catch (RuntimeException e) {
                        LOG.error("what is done every {} s failed", seconds, e);
                    }
                },
                after,
                seconds,
                TimeUnit.SECONDS);
    }

    /** Homes answer before their origin is up: what is decided then, the origin reads when its sessions come back. */
    private static final class LateFences implements Site.Fences {
        private volatile @Nullable OriginServer origin;

        void are(OriginServer now) {
            origin = now;
        }

        @Override
        public void decided(String process, String incarnation, long epoch, String holder) {
            OriginServer now = origin;
            if (now != null) now.decided(process, incarnation, epoch, holder);
        }

        @Override
        public void ended(String process, String incarnation) {
            OriginServer now = origin;
            if (now != null) now.ended(process, incarnation);
        }
    }

    /** Stops the agent; pods and what runs in them go on. */
    @Override
    public void close() {
        clock.shutdownNow();
        owner.close();
        transfers.close();
        server.close();
        origin.close();
        guests.close();
        homes.close();
        peers.close();
        threads.shutdownNow();
    }
}
